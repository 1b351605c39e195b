// Turns the choice of a person between light and dark into the colours of the page.
//
// Until then the page has the colours that the system asks for.

const KEY = "scheme";
const MEDIA = /prefers-color-scheme: dark/;

/** @returns {string | null} */
function kept() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** The rules of the stylesheets for dark pages. @returns {CSSMediaRule[]} */
const rules = () => {
  const all = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  return all.flatMap((rule) => (rule instanceof CSSMediaRule && MEDIA.test(rule.media.mediaText) ? [rule] : []));
};

/** @param {HTMLElement} button whose name is the other scheme */
export function scheme(button) {
  const dark = rules();
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = kept();
  const isDark = () => (chosen ? chosen === "dark" : system.matches);
  const show = () => {
    if (chosen) {
      for (const rule of dark) rule.media.mediaText = isDark() ? "all" : "not all";
      document.documentElement.style.colorScheme = isDark() ? "dark" : "light";
    }
    button.textContent = isDark() ? "Light" : "Dark";
  };
  button.addEventListener("click", () => {
    chosen = isDark() ? "light" : "dark";
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    show();
  });
  system.addEventListener("change", show);
  show();
}
