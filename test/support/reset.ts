import type { Socket } from 'node:net'

/**
 * Breaks a connection with an RST and nothing before it. `socket.resetAndDestroy()` ends the stream first, so the peer
 * reads an orderly FIN and takes the connection for closed, not broken (measured on Node 20.20); this is the flag it sets.
 */
export function reset(socket: Socket): void {
  ;(socket as Socket & { resetAndClosing: boolean }).resetAndClosing = true
  socket.destroy()
}
