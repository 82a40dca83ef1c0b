import { fetch, type Request, Response } from 'miniflare'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Lets requests of the workerd that tests run in reach this machine and nothing else. */
export async function loopbackOnly(request: Request): Promise<Response> {
  const { hostname } = new URL(request.url)
  if (loopback.has(hostname)) return fetch(request)
  return new Response(`A test sent a request to ${hostname}; no request may leave this machine.`, {
    status: 502,
  })
}
