/** A body that counts how often it is read from. */
export interface WatchedBody {
  readonly init: { readonly body: ReadableStream<Uint8Array>; readonly duplex: 'half' }
  readonly pulls: number
}

export function createWatchedBody(text = '{}'): WatchedBody {
  let pulls = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulls += 1
        controller.enqueue(new TextEncoder().encode(text))
        controller.close()
      },
    },
    // Nothing is read ahead.
    { highWaterMark: 0 },
  )
  return {
    init: { body, duplex: 'half' },
    get pulls() {
      return pulls
    },
  }
}
