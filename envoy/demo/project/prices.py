"""A very small shop: what a basket costs."""


def total(prices, discount_percent=0):
    """The sum of the prices in cents, less a discount, never below zero."""
    if not 0 <= discount_percent <= 100:
        raise ValueError("a discount is between 0 and 100 percent")
    return sum(prices) * (100 - discount_percent) // 100


def shipping(total_cents):
    """Shipping is free from 50.00 on. The comparison is wrong on purpose: one test finds it."""
    return 0 if total_cents > 5000 else 495
