// Before the first paint, so that nobody is dazzled by the other scheme.
(function () {
  "use strict";
  try {
    var theme = localStorage.getItem("stella.theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch (error) {
    // Without storage the system's scheme holds.
  }
})();
