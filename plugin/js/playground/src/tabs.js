// Turns a list of tabs and their panels into one of which one panel is shown (WAI-ARIA, tabs).
//
// It loads nothing.

/** @param {HTMLElement} list with the role `tablist` @param {(name: string) => void} onShown @returns {(name: string) => void} shows the panel of this name */
export function tabs(list, onShown) {
  const all = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[role="tab"]')]);
  const show = (/** @type {HTMLElement} */ shown) => {
    for (const tab of all) {
      const isShown = tab === shown;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !isShown;
    }
    onShown(shown.dataset["tab"] ?? "");
  };
  list.addEventListener("click", ({ target }) => {
    const tab = target instanceof Element && target.closest('[role="tab"]');
    if (tab) show(/** @type {HTMLElement} */ (tab));
  });
  list.addEventListener("keydown", (event) => {
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    const tab = to === undefined || at < 0 ? undefined : all.at(to % all.length);
    if (!tab) return;
    event.preventDefault();
    tab.focus();
    show(tab);
  });
  return (name) => {
    const tab = all.find((tab) => tab.dataset["tab"] === name) ?? all[0];
    if (tab) show(tab);
  };
}
