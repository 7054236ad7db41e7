// Keeps the key of the room that this tab leads, so that a reload brings the room back.

const KEPT = "rnn_lens_room"

export default function ({ data, setTriggerValue }) {
  if (data.key) sessionStorage.setItem(KEPT, data.key)
  else if (data.left) sessionStorage.removeItem(KEPT)
  else if (sessionStorage.getItem(KEPT)) setTriggerValue("key", sessionStorage.getItem(KEPT))
}
