// A phone in a room: asks for the room's state again and again, shows it, and sends votes. A vote is
// sent until the server has answered it, however often the phone sleeps or loses the network.
// For old phones too: what browsers knew in 2016.

(function () {
  const EVERY = 2000 // ms; and up to a quarter more, so that a class does not ask at once
  const HIDDEN = 15000
  const PATIENCE = 8000

  const main = document.querySelector("main")
  const said = document.getElementById("said")
  const token = known() || made()
  let wanted = null // the vote that has not been answered yet
  let shown = "" // the state that is shown, and its ETag
  let etag = ""
  let request = null
  let timer

  function known() {
    try {
      return localStorage.getItem("rnn_lens_phone")
    } catch (_) {
      return null
    }
  }

  function made() {
    const bytes = crypto.getRandomValues(new Uint8Array(16))
    const random = Array.from(bytes, (byte) => ("0" + byte.toString(16)).slice(-2)).join("")
    try {
      localStorage.setItem("rnn_lens_phone", random)
    } catch (_) {
      // It is forgotten when the page is closed.
    }
    return random
  }

  function ask() {
    clearTimeout(timer)
    if (request) request.abort()
    const mine = (request = new XMLHttpRequest())
    const room = location.pathname.replace(/\/$/, "")
    mine.open(wanted ? "POST" : "GET", room + (wanted ? "/vote" : "/state") + location.search)
    mine.timeout = PATIENCE
    mine.setRequestHeader("X-Phone", token)
    if (!wanted && etag) mine.setRequestHeader("If-None-Match", etag)
    mine.onload = () => answered(mine)
    mine.onerror = mine.ontimeout = lost
    mine.send(wanted ? JSON.stringify(wanted) : null)
  }

  function answered(mine) {
    const state = mine.responseText
    if (mine.status === 507) return later(state) // not stored, or not to be read now: what is shown stays
    const tooMany = mine.status === 429 // of all phones here: a vote is sent again
    if (mine.status >= 400 && mine.status < 500 && !tooMany) wanted = null // refused for good
    if (mine.status !== 304 && !state.startsWith("<section")) return lost() // not a state of the room
    wanted = null
    if (mine.status !== 304) show(state)
    etag = mine.getResponseHeader("ETag") || ""
    const sentence = main.firstElementChild.getAttribute("data-said")
    if (mine.status === 404) say(sentence) // a room that is gone does not come back
    else later(sentence)
  }

  function lost() {
    later(said.getAttribute("data-lost"))
  }

  function later(sentence) {
    say(sentence)
    request = null
    timer = setTimeout(ask, (document.hidden ? HIDDEN : EVERY) * (1 + Math.random() / 4))
  }

  function show(state) {
    if (state === shown) return
    const focused = document.activeElement.value
    main.innerHTML = shown = state // the server escapes all that it fills in
    const again = focused && main.querySelector('button[value="' + focused + '"]')
    if (again) again.focus()
  }

  function say(sentence) {
    if (said.textContent !== sentence) said.textContent = sentence
  }

  main.addEventListener("click", (event) => {
    const button = event.target.closest("button")
    if (!button) return
    const question = main.firstElementChild.getAttribute("data-question")
    wanted = { question: question, option: Number(button.value) }
    main.querySelectorAll("button").forEach((each) => {
      each.setAttribute("aria-pressed", String(each === button))
    })
    shown = "" // what is pressed now is not what the server sent
    say(said.getAttribute("data-sending"))
    ask()
  })

  document.addEventListener("visibilitychange", () => document.hidden || ask())
  addEventListener("online", ask)
  addEventListener("pageshow", ask)
})()
