import { fetch, type Request, Response } from 'miniflare'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** The way out of the workerd that tests run in: to this machine, and nowhere else. */
export async function loopbackOnly(request: Request): Promise<Response> {
  const { hostname } = new URL(request.url)
  if (loopback.has(hostname)) return fetch(request)
  return new Response(`A test asked for ${hostname}; nothing it does may leave this machine.`, {
    status: 502,
  })
}
