interface Bindings {
  readonly PAGE: string
}

/** The least a Worker can do: it answers with a text it holds. */
export default {
  fetch: (_request: Request, { PAGE }: Bindings) =>
    new Response(PAGE, { headers: { 'Content-Type': 'application/json' } }),
}
