interface Bindings {
  readonly PAGE: string
}

/** The least that a Worker can do: it answers with a text that it holds in memory. */
export default {
  fetch: (_request: Request, { PAGE }: Bindings) =>
    new Response(PAGE, { headers: { 'Content-Type': 'application/json' } }),
}
