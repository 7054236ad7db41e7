// A phone in a room: asks for the room's state again and again, shows it, and sends votes. A vote is
// sent until the server has answered it, however often the phone sleeps or loses the network.
// For old phones too: what browsers knew in 2016.

(function () {
  const EVERY = 2000 // ms; and up to a quarter more, so that a class does not ask at once
  const HIDDEN = 15000
  const PATIENCE = 8000

  const main = document.querySelector("main")
  const said = document.getElementById("said")
  const left = document.getElementById("left")
  const token = known() || made()
  let wanted = null // the vote that has not been answered yet
  let shown = "" // the state that is shown, and its ETag
  let etag = ""
  let request = null
  let timer
  let ends = 0 // when the time for this vote is over, by this phone's clock; 0 without a countdown

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
    const voted = Boolean(wanted)
    if (mine.status >= 400 && mine.status < 500 && !tooMany) wanted = null // refused for good
    if (mine.status !== 304 && !state.startsWith("<section")) return lost() // not a state of the room
    wanted = null
    if (mine.status !== 304) show(state)
    etag = mine.getResponseHeader("ETag") || ""
    count(mine.getResponseHeader("X-Left"))
    const sure = main.querySelector(".sure")
    if (voted && sure) sure.scrollIntoView({ block: "nearest" })
    const sentence = main.firstElementChild.getAttribute("data-said")
    if (mine.status === 404) say(sentence) // a room that is gone does not come back
    else later(sentence)
  }

  // Sets the countdown by the seconds that the server says are left. On the way to the phone they only
  // get fewer: the earliest end is the best guess.
  function count(seconds) {
    const end = seconds && Date.now() + 1000 * seconds
    ends = ends && end && Math.abs(end - ends) < PATIENCE ? Math.min(end, ends) : end || 0
    tick()
  }

  function tick() {
    const seconds = Math.max(0, Math.ceil((ends - Date.now()) / 1000))
    const words = ends ? left.getAttribute(seconds ? "data-left" : "data-left_over") : ""
    const now = words.replace("#", seconds)
    if (left.textContent !== now) left.textContent = now
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
    wanted = { question: question, option: Number(button.getAttribute("data-option") || button.value) }
    if (button.name) wanted.sure = button.value === "true"
    main.querySelectorAll('button[name="' + button.name + '"]').forEach((each) => {
      each.setAttribute("aria-pressed", String(each === button))
    })
    shown = "" // what is pressed now is not what the server sent
    say(said.getAttribute("data-sending"))
    ask()
  })

  setInterval(tick, 250)
  document.addEventListener("visibilitychange", () => document.hidden || ask())
  addEventListener("online", ask)
  addEventListener("pageshow", ask)
})()
