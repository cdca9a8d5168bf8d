const WORDS =
  'request stream chunk buffer parse header model token budget route plan attempt reply socket queue index value result error retry session config plugin hook'.split(
    ' ',
  )

/** About 1 KB: a short chat with one tool, answered by `model`. */
export function chatBody(model, stream) {
  return Buffer.from(
    JSON.stringify({
      model,
      messages: [
        { role: 'system', content: 'You are a helpful assistant. Answer in one paragraph and name your sources.' },
        { role: 'user', content: 'Why does a café close its kitchen before the bar — and who decides?' },
        { role: 'assistant', content: `It depends on the house: ${prose(random(1), 60)}.` },
        { role: 'user', content: 'Summarise that for a guest.' },
      ],
      tools: [tool(0)],
      temperature: 0.2,
      max_tokens: 512,
      stream,
    }),
  )
}

/** The same chat as a client of Messages has it. */
export function messagesBody(model, stream) {
  const { messages, temperature, max_tokens } = JSON.parse(chatBody(model, stream).toString())
  const [{ content: system }, ...turns] = messages
  const { function: inner } = tool(0)
  const { name, description, parameters: input_schema } = inner
  const tools = [{ name, description, input_schema }]
  return Buffer.from(JSON.stringify({ model, max_tokens, system, messages: turns, tools, temperature, stream }))
}

/** About `bytes` of a coding agent's turn: 16 tools and 25 tool results of source text, `stream` after all of it. */
export function agentBody(model, bytes, stream) {
  const next = random(7)
  const messages = [
    { role: 'system', content: `You are a coding agent. ${prose(next, 400)}` },
    { role: 'user', content: 'Find out why the “retry” test fails on Fridays and fix it.' },
  ]
  for (let i = 0; i < 25; i++) {
    const id = `call_${i.toString(16).padStart(24, '0')}`
    const call = {
      name: `tool_${i % 16}`,
      arguments: JSON.stringify({ path: `src/${prose(next, 1)}-${i}.ts`, limit: 200 }),
    }
    messages.push({
      role: 'assistant',
      content: prose(next, 12),
      tool_calls: [{ id, type: 'function', function: call }],
    })
    messages.push({ role: 'tool', tool_call_id: id, content: source(next, Math.round((bytes - 18_000) / 26.75)) })
  }
  const tools = Array.from({ length: 16 }, (_, i) => tool(i))
  return Buffer.from(JSON.stringify({ model, messages, tools, max_tokens: 32000, temperature: 1, stream }))
}

function tool(i) {
  const properties = { path: { type: 'string', description: 'Absolute path of the file' }, limit: { type: 'integer' } }
  return {
    type: 'function',
    function: {
      name: `tool_${i}`,
      description: `Reads a file and returns numbered lines. ${prose(random(i), 8)}`,
      parameters: { type: 'object', properties, required: ['path'], additionalProperties: false },
    },
  }
}

function source(next, bytes) {
  let text = ''
  for (let line = 1; text.length < bytes; line++) {
    const [a, b, c] = [word(next), word(next), word(next)]
    text += `${String(line).padStart(5)}\t${'  '.repeat(next() % 4)}`
    text += [
      `const ${a} = ${b}.get("${c}") ?? ${next() % 1000}\n`,
      `if (${a} !== null && ${b}.length > ${next() % 64}) {\n`,
      `// ${prose(next, 9)}\n`,
      `return new Map([["${a}", \`\${${b}}\\n\`], ["${c}", 'naïve']])\n`,
      `}\n`,
    ][next() % 5]
  }
  return text
}

function prose(next, words) {
  return Array.from({ length: words }, () => word(next)).join(' ')
}

function word(next) {
  return WORDS[next() % WORDS.length]
}

// The same body in every run and on every machine.
function random(seed) {
  let state = seed * 2654435761 + 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 8
  }
}
