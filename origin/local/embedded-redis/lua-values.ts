/// <reference path="./fengari.d.ts" />
import './lua-settings.ts'
import fengari, { type LuaState } from 'fengari'
import { type Bytes, RedisError, type Reply, Status } from './reply.ts'

const { lua } = fengari

export const luaText = (text: Bytes): Uint8Array => Buffer.from(text, 'latin1')
const bytesOf = (text: Uint8Array | null): Bytes => Buffer.from(text ?? []).toString('latin1')

const depthMax = 32

/** Pushes a reply as Redis gives it to a script: null is false, and a status or an error is a table with one field. */
export function pushReply(L: LuaState, reply: Reply): void {
  if (reply === null) lua.lua_pushboolean(L, false)
  // As a floating-point number, because fengari's integers have 32 bits.
  else if (typeof reply === 'number') lua.lua_pushnumber(L, reply)
  else if (typeof reply === 'string') lua.lua_pushlstring(L, luaText(reply), reply.length)
  else if (reply instanceof Status) pushField(L, 'ok', reply.text)
  else {
    lua.lua_createtable(L, reply.length, 0)
    for (const [at, item] of reply.entries()) {
      pushReply(L, item)
      lua.lua_rawseti(L, -2, at + 1)
    }
  }
}

/** Pushes a table with a single field, such as `{err = "…"}`. */
export function pushField(L: LuaState, name: 'ok' | 'err', text: Bytes): void {
  lua.lua_createtable(L, 0, 1)
  lua.lua_pushlstring(L, luaText(text), text.length)
  lua.lua_setfield(L, -2, luaText(name))
}

/** The value at an index as Redis answers it. A table with `err` is thrown as an error. */
export function replyAt(L: LuaState, index: number, depth = 0): Reply {
  if (depth > depthMax) throw new RedisError('ERR reached lua stack limit')
  switch (lua.lua_type(L, index)) {
    case lua.LUA_TSTRING:
      return bytesOf(lua.lua_tostring(L, index))
    case lua.LUA_TNUMBER:
      return Math.trunc(lua.lua_tonumber(L, index))
    case lua.LUA_TBOOLEAN:
      return lua.lua_toboolean(L, index) ? 1 : null
    case lua.LUA_TTABLE:
      return tableReply(L, index, depth)
    default:
      return null
  }
}

function tableReply(L: LuaState, index: number, depth: number): Reply {
  const failure = fieldAt(L, index, 'err')
  if (failure !== null) throw new RedisError(failure)
  const status = fieldAt(L, index, 'ok')
  if (status !== null) return new Status(status)
  const items: Reply[] = []
  for (let at = 1; ; at += 1) {
    const isPresent = lua.lua_rawgeti(L, index, at) > 0
    if (isPresent) items.push(replyAt(L, lua.lua_gettop(L), depth + 1))
    lua.lua_pop(L, 1)
    if (!isPresent) return items
  }
}

/** A field of a table if it is text. */
export function fieldAt(L: LuaState, index: number, name: 'ok' | 'err'): Bytes | null {
  const kind = lua.lua_getfield(L, index, luaText(name))
  const text = kind === lua.LUA_TSTRING ? bytesOf(lua.lua_tostring(L, -1)) : null
  lua.lua_pop(L, 1)
  return text
}

/** The arguments of a C function as the words of a command: texts and numbers, which Redis writes with 17 digits. */
export function wordsOf(L: LuaState): Bytes[] | null {
  const words: Bytes[] = []
  for (let index = 1; index <= lua.lua_gettop(L); index += 1) {
    const kind = lua.lua_type(L, index)
    if (kind === lua.LUA_TNUMBER) words.push(numberText(lua.lua_tonumber(L, index)))
    else if (kind === lua.LUA_TSTRING) words.push(bytesOf(lua.lua_tostring(L, index)))
    else return null
  }
  return words
}

function numberText(value: number): Bytes {
  if (Number.isInteger(value) && Math.abs(value) < 1e17) return String(value)
  const digits = value.toPrecision(17)
  return digits.includes('e') || !digits.includes('.') ? digits : digits.replace(/\.?0+$/, '')
}
