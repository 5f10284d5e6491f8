// Before anything is drawn: the colours and the language that were chosen. A classic script.

(() => {
  /** @type {{theme?: string, tongue?: string}} */
  let chosen = {};
  try {
    chosen = Object(JSON.parse(localStorage.getItem("qasr.settings") ?? "{}"));
  } catch {
    // The system's then.
  }
  const root = document.documentElement;
  if (chosen.theme === "dark" || chosen.theme === "light") root.dataset.theme = chosen.theme;
  const preferred = [chosen.tongue, ...navigator.languages].filter(Boolean);
  const first = preferred.find((each) => /^(en|zh)\b/i.test(each ?? "")) ?? "en";
  root.lang = /^zh/i.test(first) ? "zh-CN" : "en";
})();
