/** The part of fengari (Lua in JavaScript) that is used. The package brings no types. Lua's texts are bytes. */
declare module 'fengari' {
  export interface LuaState {
    readonly brand: unique symbol
  }
  type LuaFunction = (L: LuaState) => number

  const lua: {
    readonly LUA_OK: number
    readonly LUA_TBOOLEAN: number
    readonly LUA_TNUMBER: number
    readonly LUA_TSTRING: number
    readonly LUA_TTABLE: number
    readonly LUA_MULTRET: number
    readonly LUA_MASKCOUNT: number
    lua_close(L: LuaState): void
    lua_createtable(L: LuaState, items: number, fields: number): void
    lua_error(L: LuaState): never
    lua_getfield(L: LuaState, index: number, name: Uint8Array): number
    lua_gettop(L: LuaState): number
    lua_pcall(L: LuaState, args: number, results: number, handler: number): number
    lua_pop(L: LuaState, count: number): void
    lua_pushboolean(L: LuaState, value: boolean): void
    lua_pushcfunction(L: LuaState, value: LuaFunction): void
    lua_pushlstring(L: LuaState, value: Uint8Array, length: number): void
    lua_pushnumber(L: LuaState, value: number): void
    lua_rawgeti(L: LuaState, index: number, at: number): number
    lua_rawseti(L: LuaState, index: number, at: number): void
    lua_setfield(L: LuaState, index: number, name: Uint8Array): void
    lua_setglobal(L: LuaState, name: Uint8Array): void
    lua_sethook(L: LuaState, hook: (L: LuaState) => void, mask: number, count: number): void
    lua_toboolean(L: LuaState, index: number): boolean
    lua_tonumber(L: LuaState, index: number): number
    lua_tostring(L: LuaState, index: number): Uint8Array | null
    lua_type(L: LuaState, index: number): number
  }
  const lauxlib: {
    luaL_error(L: LuaState, format: Uint8Array): never
    luaL_loadbuffer(L: LuaState, code: Uint8Array, length: number, name: Uint8Array): number
    luaL_newstate(): LuaState
    luaL_requiref(L: LuaState, name: Uint8Array, open: LuaFunction, isGlobal: number): void
    luaL_where(L: LuaState, level: number): void
  }
  const lualib: {
    readonly luaopen_base: LuaFunction
    readonly luaopen_math: LuaFunction
    readonly luaopen_string: LuaFunction
    readonly luaopen_table: LuaFunction
  }
  const fengari: {
    readonly lua: typeof lua
    readonly lauxlib: typeof lauxlib
    readonly lualib: typeof lualib
  }
  export default fengari
}
