// Keeps the key of the room that this tab leads, so that a reload brings the room back. A second device
// gets it by a link, after the #: no server's log has it. It leaves the address, which a projector shows.

const KEPT = "rnn_lens_room"
const LINKED = /#room_key=([\w.-]+)/

export default function ({ data, setTriggerValue }) {
  const linked = location.hash.match(LINKED)?.[1]
  if (linked) history.replaceState(history.state, "", location.pathname + location.search)
  if (linked) setTriggerValue("key", linked)
  else if (data.key) sessionStorage.setItem(KEPT, data.key)
  else if (data.left) sessionStorage.removeItem(KEPT)
  else if (sessionStorage.getItem(KEPT)) setTriggerValue("key", sessionStorage.getItem(KEPT))
}
