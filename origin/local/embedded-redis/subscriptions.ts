import { type Commands, reads } from './command.ts'
import { matchesGlob } from './glob.ts'
import type { Bytes } from './reply.ts'

type Listener = (words: readonly Bytes[]) => void

export interface Subscriptions {
  /** Hears `message, channel, text` for channels, or `pmessage, pattern, channel, text` for patterns. */
  subscribe(kind: 'subscribe' | 'psubscribe', names: readonly Bytes[], listener: Listener): () => void
  readonly commands: Commands
}

export function createSubscriptions(): Subscriptions {
  const ears = new Set<(channel: Bytes, text: Bytes) => number>()

  return {
    subscribe(kind, names, listener) {
      const ear = (channel: Bytes, text: Bytes) => {
        const heard = names.filter((name) =>
          kind === 'subscribe' ? name === channel : matchesGlob(name, channel),
        )
        for (const name of heard) {
          listener(kind === 'subscribe' ? ['message', channel, text] : ['pmessage', name, channel, text])
        }
        return heard.length
      }
      ears.add(ear)
      return () => ears.delete(ear)
    },
    commands: {
      PUBLISH: reads(3, (_keyspace, [channel = '', text = '']) => {
        let heard = 0
        for (const ear of ears) heard += ear(channel, text)
        return heard
      }),
    },
  }
}
