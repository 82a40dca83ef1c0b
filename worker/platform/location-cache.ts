/** The part of Cloudflare's Cache API that is used: the cache of one location, shared by its isolates. */
export interface LocationCache {
  match(url: string): Promise<Response | undefined>
  put(url: string, response: Response): Promise<void>
  delete(url: string): Promise<boolean>
}
