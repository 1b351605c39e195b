import unittest

from prices import shipping, total


class TotalTest(unittest.TestCase):
    def test_adds_up(self):
        self.assertEqual(total([150, 250]), 400)

    def test_discount(self):
        self.assertEqual(total([1000], discount_percent=25), 750)

    def test_impossible_discount(self):
        with self.assertRaises(ValueError):
            total([1000], discount_percent=101)


class ShippingTest(unittest.TestCase):
    def test_small_basket_pays(self):
        self.assertEqual(shipping(4999), 495)

    def test_free_from_fifty_on(self):
        self.assertEqual(shipping(5000), 0)


if __name__ == "__main__":
    unittest.main()
