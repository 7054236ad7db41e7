// The key of the room that this tab leads, and the keys of the rooms that this browser has led.
//
// Whether this tab leads one stands as data-leads on the page's root before anything is drawn: so the
// form for a new room is not shown in front of a room that comes back after a reload, and other pages have
// a way back to it.

const root = document.documentElement
const KEPT = "rnn_lens_room"
const ROOMS = "rnn_lens_rooms"
const MOST = 20

const LINKED = /#room_key=([\w.-]+)/

// The key in an address that leads a room; nothing in any other address.
export const linkedKey = (address) => address.match(LINKED)?.[1]

function read(storage, name) {
  try {
    return window[storage].getItem(name)
  } catch {} // in a frame without storage
}

function write(storage, name, value) {
  try {
    if (value) window[storage].setItem(name, value)
    else window[storage].removeItem(name)
  } catch {}
}

export const keptKey = () => read("sessionStorage", KEPT)

// Keeps the key of the room that this tab leads from now on; nothing if it leads none.
export function keepKey(key) {
  root.toggleAttribute("data-leads", Boolean(key))
  write("sessionStorage", KEPT, key)
  if (key) keepRooms([key, ...keptRooms().filter((other) => other !== key)])
}

// The keys of the rooms that this browser has led, the last one first.
export function keptRooms() {
  try {
    return JSON.parse(read("localStorage", ROOMS) ?? "[]")
  } catch {
    return []
  }
}

function keepRooms(keys) {
  write("localStorage", ROOMS, keys.length > 0 && JSON.stringify(keys.slice(0, MOST)))
}

export function forgetRooms(keys) {
  if (keys.length > 0) keepRooms(keptRooms().filter((key) => !keys.includes(key)))
}

root.toggleAttribute("data-leads", Boolean(linkedKey(location.hash) || keptKey()))
