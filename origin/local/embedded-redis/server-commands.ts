import { type Commands, reads } from './command.ts'
import type { Keyspace } from './keyspace.ts'
import { type Bytes, type Reply, Status, wrongArguments } from './reply.ts'
import { parseCount, Words } from './words.ts'

/** Of the sections that Redis knows, those with figures that somebody reads. */
function information(keyspace: Keyspace): Readonly<Record<string, readonly string[]>> {
  return {
    Server: ['redis_version:7.0.15', 'redis_mode:standalone'],
    Memory: [
      `used_memory:${keyspace.usedBytes}`,
      `used_memory_dataset:${keyspace.usedBytes}`,
      `maxmemory:${keyspace.bytesMax}`,
      'maxmemory_policy:noeviction',
    ],
    Replication: ['role:master', 'connected_slaves:0'],
    Keyspace: keyspace.size === 0 ? [] : [`db0:keys=${keyspace.size},expires=0,avg_ttl=0`],
  }
}

function info(keyspace: Keyspace, sections: readonly Bytes[]): Reply {
  const wanted = sections.map((name) => name.toLowerCase())
  const isWanted = (name: string) =>
    wanted.length === 0 ||
    wanted.some((one) => one === name.toLowerCase() || ['all', 'default', 'everything'].includes(one))
  return Object.entries(information(keyspace))
    .filter(([name]) => isWanted(name))
    .map(([name, lines]) => [`# ${name}`, ...lines].map((line) => `${line}\r\n`).join(''))
    .join('\r\n')
}

export const serverCommands: Commands = {
  PING: reads(-1, (_keyspace, [text, ...more]) => {
    if (more.length > 0) throw wrongArguments('ping')
    return text ?? new Status('PONG')
  }),
  ECHO: reads(2, (_keyspace, [text = '']) => text),
  TIME: reads(1, (keyspace) => {
    const nowMs = keyspace.nowMs()
    return [String(Math.floor(nowMs / 1_000)), String((nowMs % 1_000) * 1_000)]
  }),
  INFO: reads(-1, info),
  'MEMORY|USAGE': reads(-3, (keyspace, list) => {
    const words = new Words(list)
    const key = words.next()
    if (words.option('SAMPLES') !== null) parseCount(words.next())
    words.end()
    return keyspace.entry(key)?.sizeBytes ?? null
  }),
}
