import { readFile } from 'node:fs/promises'
import { childrenOf } from '../../origin/local/running-processes.ts'

/**
 * The CPU time of a process so far, user and system: the 14th and 15th fields of proc(5)'s `stat`, in hundredths of a
 * second.
 */
export async function cpuMsOf(pid: number): Promise<number> {
  const { ownMs } = await cpuTimesOf(pid)
  return ownMs
}

/**
 * The CPU time so far of a server that forks, such as Postgres: of its first process, of the children that run, and of those that have
 * ended, whose time the first process keeps.
 */
export async function cpuMsOfServer(pid: number): Promise<number> {
  const { ownMs, endedChildrenMs } = await cpuTimesOf(pid)
  const children = await childrenOf(pid)
  const running = await Promise.all(children.map((child) => cpuMsOf(child.pid).catch(() => 0)))
  return running.reduce((sum, each) => sum + each, ownMs + endedChildrenMs)
}

async function cpuTimesOf(pid: number) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ms = (first: number) => (Number(fields[first]) + Number(fields[first + 1])) * 10
  // The 16th and 17th fields are those of children that have ended.
  return { ownMs: ms(11), endedChildrenMs: ms(13) }
}
