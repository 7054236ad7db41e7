// Keeps the key of the room that this tab leads, so that a reload brings the room back. A second device
// gets it by a link, after the #: no server's log has it. It leaves the address, which a projector shows.

import { openedAddress } from "../browser/history.js"
import { forgetRooms, keepKey, keptKey, keptRooms, linkedKey } from "./leads.js"
import { watchMoves } from "./moves.js"

// Where the server adds to the address, such as the language, what stands after its # is lost: then the
// link is read as it was opened.
let opened = openedAddress()

export default function ({ data, parentElement, setTriggerValue }) {
  const linked = linkedKey(location.hash) ?? linkedKey(opened)
  opened = "" // a link is followed once
  if (linked) history.replaceState(history.state, "", location.pathname + location.search)
  forgetRooms(data.gone)
  if (linked) setTriggerValue("key", linked)
  else if (data.key || data.left) keepKey(data.key)
  else if (keptKey()) setTriggerValue("key", keptKey())
  const rooms = keptRooms()
  const isForm = !data.key && !document.documentElement.hasAttribute("data-leads")
  if (isForm && JSON.stringify(rooms) !== JSON.stringify(data.rooms)) setTriggerValue("rooms", rooms)
  return watchMoves(parentElement)
}
