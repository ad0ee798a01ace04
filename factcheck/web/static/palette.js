// The window of Ctrl+K: what the page /go lists, while one types. Without scripts, that page does the same.
(() => {
  const WAIT = 120; // milliseconds without another letter until the desk is asked
  let asked = 0;
  let timer = 0;
  let shown = null; // what was typed for what is listed

  function parts() {
    const dialog = document.getElementById("go");
    return dialog && { dialog, field: dialog.querySelector("input"), list: dialog.querySelector("[data-targets]") };
  }

  async function look() {
    const { field, list } = parts();
    const mine = (asked += 1);
    const typed = field.value;
    try {
      const answer = await fetch(`/go?find=${encodeURIComponent(typed)}`, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const targets = page.getElementById("targets");
      if (mine !== asked) return;
      if (answer.ok && targets) list.replaceChildren(...targets.childNodes);
      else list.textContent = say("no_search");
    } catch {
      if (mine === asked) list.textContent = say("no_answer");
    }
    shown = typed;
  }

  // Go to the first target of what is typed now, and not of what was listed before.
  async function go() {
    const { field, list } = parts();
    clearTimeout(timer);
    if (shown !== field.value) await look();
    const first = list.querySelector("a");
    if (first && shown === field.value) first.click();
  }

  function move(step) {
    const { dialog, field } = parts();
    const stops = [field, ...dialog.querySelectorAll("[data-targets] a")];
    const at = stops.indexOf(document.activeElement);
    stops[(at + step + stops.length) % stops.length].focus();
  }

  document.addEventListener("keydown", (event) => {
    const found = parts();
    if (!found || event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (found.dialog.open) return found.dialog.close();
      if (document.querySelector("dialog[open]")) return;
      found.field.value = "";
      found.dialog.showModal();
      look();
    } else if (found.dialog.open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (found.dialog.open && event.key === "Enter" && document.activeElement === found.field) {
      event.preventDefault();
      go();
    }
  });
  document.addEventListener("input", (event) => {
    const found = parts();
    if (!found || event.target !== found.field) return;
    clearTimeout(timer);
    timer = setTimeout(look, WAIT);
  });
})();
