// Without this script every page works too: it only spares a page load, and shows an answer while it
// is written. It never makes markup of what documents say.
"use strict";

const beside = document.getElementById("beside");

function scrollToQuote() {
  const quote = document.getElementById("quote");
  if (quote) {
    const scrolls = beside && getComputedStyle(beside).overflowY === "auto";
    const height = scrolls ? beside.clientHeight : innerHeight;
    const picture = document.querySelector("figure.page");
    const marked = quote.getClientRects()[0];
    // The picture of the page is shown as well where it and the words fit together.
    const fits = picture && marked.bottom - picture.getBoundingClientRect().top < height * 0.85;
    const top = fits ? picture.getBoundingClientRect().top : marked.top;
    const above = fits ? height * 0.1 : height / 3;
    if (scrolls) {
      beside.scrollTop += top - beside.getBoundingClientRect().top - above;
    } else {
      scrollBy(0, top - above);
    }
    quote.focus({ preventScroll: true });
  }
}

async function openBeside(address, isNew) {
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok) {
    location.assign(address);
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of ["beside", "answer"]) {
    const found = page.getElementById(id);
    const here = document.getElementById(id);
    if (!found || !here) {
      location.assign(address);
      return;
    }
    if (id === "beside") {
      here.replaceChildren(...found.childNodes);
      here.scrollTop = 0;
    } else {
      const now = [...found.querySelectorAll("a.marker")];
      [...here.querySelectorAll("a.marker")].forEach((marker, place) => {
        if (now[place] && now[place].hasAttribute("aria-current")) {
          marker.setAttribute("aria-current", "true");
        } else {
          marker.removeAttribute("aria-current");
        }
      });
    }
  }
  document.getElementById("content").className = page.getElementById("content").className;
  if (isNew) {
    history.pushState({}, "", address);
  }
  watchPictures();
  scrollToQuote();
}

if (beside) {
  document.addEventListener("click", (click) => {
    const link = click.target.closest("a.marker, a.close");
    const isPlain = !click.metaKey && !click.ctrlKey && !click.shiftKey && click.button === 0;
    if (link && link.href && isPlain) {
      click.preventDefault();
      openBeside(link.href, true);
    }
  });
  window.addEventListener("popstate", () => openBeside(location.href, false));
  document.addEventListener("keydown", (key) => {
    const close = beside.querySelector("a.close");
    if (key.key === "Escape" && close) {
      close.click();
    }
  });
}

function watchPictures() {
  for (const picture of document.querySelectorAll("figure.page img")) {
    picture.addEventListener("error", () => picture.closest("figure").remove());
    picture.addEventListener("load", scrollToQuote);
  }
}

async function readEvents(response, handle) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let left = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      return;
    }
    left += value;
    const events = left.split("\n\n");
    left = events.pop();
    for (const event of events) {
      const [name, data] = event.split("\n");
      handle(name.slice("event: ".length), JSON.parse(data.slice("data: ".length)));
    }
  }
}

for (const form of document.querySelectorAll("form.ask")) {
  const field = form.querySelector("textarea");
  const button = form.querySelector("button");
  const draft = form.parentElement.querySelector(".draft");
  field.addEventListener("keydown", (key) => {
    if (key.key === "Enter" && !key.shiftKey && !key.isComposing) {
      key.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", async (submitted) => {
    submitted.preventDefault();
    if (button.disabled || !field.value.trim()) {
      return;
    }
    button.disabled = true;
    form.setAttribute("aria-busy", "true");
    draft.hidden = false;
    draft.className = "draft waiting";
    draft.textContent = "Looking it up…";
    const fail = (sentence) => {
      draft.className = "draft failure";
      draft.textContent = sentence;
      button.disabled = false;
      form.removeAttribute("aria-busy");
    };
    let isAnswered = false;
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "text/event-stream" },
        credentials: "same-origin",
      });
      if (!response.ok) {
        fail("That could not be asked. Load the page again and try once more.");
        return;
      }
      await readEvents(response, (name, data) => {
        if (name === "draft") {
          draft.className = "draft writing";
          draft.textContent = data;
        } else if (name === "answer") {
          isAnswered = true;
          location.assign(data);
        } else if (name === "failure") {
          isAnswered = true;
          fail(data);
        }
      });
      if (!isAnswered) {
        fail("The connection broke off. Please try again.");
      }
    } catch {
      fail("Quoth cannot be reached. Please try again.");
    }
  });
}

// A page that comes back from the browser's memory is ready to be asked again.
window.addEventListener("pageshow", (shown) => {
  if (shown.persisted) {
    for (const form of document.querySelectorAll("form.ask")) {
      form.querySelector("button").disabled = false;
      form.removeAttribute("aria-busy");
      form.parentElement.querySelector(".draft").hidden = true;
    }
  }
});

watchPictures();
if (location.hash === "#quote") {
  scrollToQuote();
}
