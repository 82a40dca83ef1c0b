/** The part of Cloudflare's Cache that is needed: one location's, shared by its isolates. */
export interface LocationCache {
  match(url: string): Promise<Response | undefined>
  put(url: string, response: Response): Promise<void>
  delete(url: string): Promise<boolean>
}
