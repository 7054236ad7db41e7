// Keeps the key of the room that this tab leads, so that a reload brings the room back. A second device
// gets it by a link, after the #: no server's log has it. It leaves the address, which a projector shows.

import { openedAddress } from "./history.js"
import { watchMoves } from "./moves.js"

const KEPT = "rnn_lens_room"
const LINKED = /#room_key=([\w.-]+)/

// Where the server adds to the address, such as the language, what stands after its # is lost: then the
// link is read as it was opened.
let opened = openedAddress()

export default function ({ data, parentElement, setTriggerValue }) {
  const linked = (location.hash || opened).match(LINKED)?.[1]
  opened = "" // a link is followed once
  if (linked) history.replaceState(history.state, "", location.pathname + location.search)
  if (linked) setTriggerValue("key", linked)
  else if (data.key) sessionStorage.setItem(KEPT, data.key)
  else if (data.left) sessionStorage.removeItem(KEPT)
  else if (sessionStorage.getItem(KEPT)) setTriggerValue("key", sessionStorage.getItem(KEPT))
  return watchMoves(parentElement)
}
