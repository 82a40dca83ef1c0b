import { readFile } from 'node:fs/promises'

/**
 * The CPU time of a process so far, user and system: the 14th and 15th fields of proc(5)'s `stat`, in hundredths of a
 * second.
 */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
