import type { Server } from 'node:net'

/** Listens on a free loopback port, below the ones the system gives to outgoing connections and those of `freePort`. */
export async function listenOnFreePort(server: Server): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const port = 10_000 + Math.floor(Math.random() * 10_000)
    if (await listens(server, port)) return port
  }
  throw new Error('no free loopback port found in 50 tries')
}

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false)
      else reject(error)
    }
    server.once('error', failed)
    server.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => {
      server.off('error', failed)
      resolve(true)
    })
  })
}
