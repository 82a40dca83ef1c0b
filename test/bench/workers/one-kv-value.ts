interface Bindings {
  readonly BOARD_CACHE: KVNamespace
}

/** The least that a Worker can do to answer from KV: one value, passed through as bytes. */
export default {
  async fetch(_request: Request, { BOARD_CACHE }: Bindings) {
    const page = await BOARD_CACHE.get('page', 'arrayBuffer')
    return page === null
      ? new Response(null, { status: 404 })
      : new Response(page, { headers: { 'Content-Type': 'application/json' } })
  },
}
