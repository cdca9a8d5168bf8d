/** Chat Completions, as the recorder's tests say them. */
export const CHAT = '/v1/chat/completions'

export function user(content: string) {
  return { role: 'user', content }
}

export function completion(message: object, usage?: object) {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-5-2026',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }],
    ...(usage && { usage }),
  }
}
