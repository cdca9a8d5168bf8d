/** The eight kinds of tokens, as columns. They add up to `total_tokens`. */
export const TOKEN_COLUMNS = [
  'input_tokens',
  'output_tokens',
  'thinking_tokens',
  'reasoning_tokens',
  'cache_read_tokens',
  'cache_creation_tokens',
  'audio_input_tokens',
  'audio_output_tokens',
] as const

const counts = TOKEN_COLUMNS.map(name => `${name} INTEGER DEFAULT 0`).join(', ')
const total = `total_tokens INTEGER GENERATED ALWAYS AS (${TOKEN_COLUMNS.join(' + ')}) STORED`
const NOW = 'created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP'
const SESSION = 'session_id TEXT NOT NULL REFERENCES sessions(session_id) ON DELETE CASCADE'

/** The tables that LunaRoute has always had. Databases that an earlier LunaRoute made stand here. */
const V5 = `
CREATE TABLE sessions (
  session_id TEXT PRIMARY KEY, request_id TEXT, started_at TIMESTAMP NOT NULL, completed_at TIMESTAMP,
  provider TEXT NOT NULL, listener TEXT NOT NULL, model_requested TEXT NOT NULL, model_used TEXT,
  success BOOLEAN, error_message TEXT, finish_reason TEXT, total_duration_ms INTEGER, provider_latency_ms INTEGER,
  ${counts}, ${total},
  request_text TEXT, response_text TEXT, client_ip TEXT, user_agent TEXT, is_streaming BOOLEAN DEFAULT 0,
  time_to_first_token_ms INTEGER, chunk_count INTEGER, streaming_duration_ms INTEGER, ${NOW});
CREATE TABLE session_stats (
  id INTEGER PRIMARY KEY, ${SESSION}, request_id TEXT, model_name TEXT NOT NULL,
  pre_processing_ms REAL, post_processing_ms REAL, proxy_overhead_ms REAL, ${counts},
  tokens_per_second REAL, thinking_percentage REAL, request_size_bytes INTEGER, response_size_bytes INTEGER,
  message_count INTEGER, content_blocks INTEGER, has_tools BOOLEAN, has_refusal BOOLEAN, user_agent TEXT, ${NOW});
CREATE TABLE tool_stats (
  id INTEGER PRIMARY KEY, ${SESSION}, request_id TEXT, model_name TEXT, tool_name TEXT NOT NULL,
  call_count INTEGER DEFAULT 1, avg_execution_time_ms INTEGER, error_count INTEGER DEFAULT 0, tool_arguments TEXT, ${NOW});
CREATE TABLE tool_call_executions (
  id INTEGER PRIMARY KEY, ${SESSION}, request_id TEXT NOT NULL, tool_call_id TEXT NOT NULL, tool_name TEXT NOT NULL,
  tool_arguments TEXT, execution_time_ms INTEGER, input_size_bytes INTEGER, output_size_bytes INTEGER,
  success BOOLEAN, ${NOW});
CREATE TABLE stream_metrics (
  id INTEGER PRIMARY KEY, ${SESSION}, request_id TEXT NOT NULL, time_to_first_token_ms INTEGER NOT NULL,
  total_chunks INTEGER NOT NULL, streaming_duration_ms INTEGER NOT NULL, avg_chunk_latency_ms REAL,
  p50_chunk_latency_ms INTEGER, p95_chunk_latency_ms INTEGER, p99_chunk_latency_ms INTEGER,
  max_chunk_latency_ms INTEGER, min_chunk_latency_ms INTEGER, ${NOW});
CREATE INDEX idx_sessions_created ON sessions(created_at DESC);
CREATE INDEX idx_sessions_provider ON sessions(provider, created_at DESC);
CREATE INDEX idx_sessions_model ON sessions(model_used, created_at DESC);
CREATE INDEX idx_sessions_request_id ON sessions(request_id);
CREATE INDEX idx_sessions_provider_model ON sessions(provider, model_used, created_at DESC);
CREATE INDEX idx_sessions_streaming ON sessions(is_streaming, created_at DESC);
CREATE INDEX idx_sessions_started_at ON sessions(started_at DESC);
CREATE INDEX idx_sessions_user_agent ON sessions(user_agent);
CREATE INDEX idx_session_stats_session ON session_stats(session_id);
CREATE INDEX idx_session_stats_model ON session_stats(model_name, created_at DESC);
CREATE INDEX idx_session_stats_model_covering
  ON session_stats(model_name, input_tokens, output_tokens, thinking_tokens);
CREATE INDEX idx_session_stats_user_agent ON session_stats(user_agent);
CREATE INDEX idx_session_stats_session_time ON session_stats(session_id, created_at DESC);
CREATE INDEX idx_tool_stats_model ON tool_stats(model_name);
CREATE INDEX idx_tool_stats_session ON tool_stats(session_id);
CREATE INDEX idx_tool_stats_name ON tool_stats(tool_name);
CREATE INDEX idx_tool_stats_name_covering
  ON tool_stats(tool_name, call_count, error_count, avg_execution_time_ms);
CREATE UNIQUE INDEX idx_tool_stats_unique ON tool_stats(session_id, request_id, tool_name);
CREATE UNIQUE INDEX idx_tool_call_executions_unique ON tool_call_executions(session_id, request_id, tool_call_id);
CREATE INDEX idx_tool_call_executions_session ON tool_call_executions(session_id);
CREATE INDEX idx_tool_call_executions_tool_name ON tool_call_executions(tool_name);
CREATE INDEX idx_tool_call_executions_request ON tool_call_executions(request_id);
CREATE INDEX idx_stream_metrics_session ON stream_metrics(session_id);
CREATE INDEX idx_stream_metrics_ttft ON stream_metrics(time_to_first_token_ms);
CREATE INDEX idx_stream_metrics_chunks ON stream_metrics(total_chunks);
`

/** A row for each request, its events as they were recorded, and what is searched. */
const V6 = `
ALTER TABLE sessions ADD COLUMN last_request_at TIMESTAMP;
ALTER TABLE sessions ADD COLUMN last_completed_at TIMESTAMP;
ALTER TABLE sessions ADD COLUMN request_count INTEGER DEFAULT 0;
ALTER TABLE sessions ADD COLUMN failed_requests INTEGER DEFAULT 0;
ALTER TABLE sessions ADD COLUMN tool_call_count INTEGER DEFAULT 0;
ALTER TABLE sessions ADD COLUMN proxy_overhead_ms REAL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN total_cost_usd REAL;
ALTER TABLE sessions ADD COLUMN unpriced_requests INTEGER DEFAULT 0;
ALTER TABLE sessions ADD COLUMN caller TEXT;
ALTER TABLE sessions ADD COLUMN agent_id TEXT;
ALTER TABLE sessions ADD COLUMN parent_id TEXT;
ALTER TABLE sessions ADD COLUMN session_tags TEXT DEFAULT '[]';
UPDATE sessions SET started_at = coalesce(strftime('%Y-%m-%d %H:%M:%f', started_at), started_at),
  completed_at = strftime('%Y-%m-%d %H:%M:%f', completed_at), request_count = 1,
  failed_requests = CASE WHEN success = 0 THEN 1 ELSE 0 END;
UPDATE sessions SET last_request_at = started_at, last_completed_at = completed_at,
  tool_call_count = (SELECT count(*) FROM tool_call_executions t WHERE t.session_id = sessions.session_id),
  unpriced_requests = CASE WHEN total_tokens > 0 THEN 1 ELSE 0 END;
CREATE TABLE requests (
  id INTEGER PRIMARY KEY, request_id TEXT NOT NULL UNIQUE, ${SESSION},
  started_at TIMESTAMP NOT NULL, completed_at TIMESTAMP, success BOOLEAN, outcome TEXT,
  provider TEXT, model_requested TEXT, model_used TEXT, status INTEGER, caller TEXT,
  ${counts}, ${total}, is_usage_estimated BOOLEAN DEFAULT 0,
  total_duration_ms REAL, provider_latency_ms REAL, proxy_overhead_ms REAL, time_to_first_token_ms REAL,
  is_answered BOOLEAN DEFAULT 0, total_cost_usd REAL, input_cost_usd REAL, output_cost_usd REAL,
  cache_read_cost_usd REAL, cache_creation_cost_usd REAL, tool_call_count INTEGER DEFAULT 0,
  dialect TEXT, operation TEXT, method TEXT, path TEXT, listener TEXT, is_streaming BOOLEAN DEFAULT 0,
  client_ip TEXT, user_agent TEXT, agent_id TEXT, parent_id TEXT, route TEXT, finish_reason TEXT, error_message TEXT,
  chunk_count INTEGER, streaming_duration_ms REAL, request_size_bytes INTEGER, response_size_bytes INTEGER,
  message_count INTEGER, new_message_count INTEGER, tool_count INTEGER, content_blocks INTEGER,
  has_system_prompt BOOLEAN, has_tools BOOLEAN, has_refusal BOOLEAN);
CREATE INDEX idx_requests_session ON requests(session_id, started_at);
CREATE INDEX idx_requests_started_at ON requests(started_at);
CREATE INDEX idx_requests_model_requested ON requests(model_requested, session_id);
CREATE INDEX idx_requests_model_used ON requests(model_used, session_id);
CREATE INDEX idx_requests_open ON requests(session_id) WHERE completed_at IS NULL;
CREATE INDEX idx_requests_failed ON requests(session_id) WHERE success = 0;
CREATE TABLE request_texts (
  id INTEGER PRIMARY KEY REFERENCES requests(id) ON DELETE CASCADE, request_text TEXT, response_text TEXT);
CREATE TABLE events (
  id INTEGER PRIMARY KEY, request_row INTEGER NOT NULL REFERENCES requests(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL, type TEXT NOT NULL, timestamp TEXT NOT NULL, event TEXT NOT NULL, body BLOB);
CREATE UNIQUE INDEX idx_events_unique ON events(request_row, sequence);
CREATE VIRTUAL TABLE request_search USING fts5(
  request_text, response_text, tool_arguments,
  content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');
CREATE TRIGGER requests_unsearch AFTER DELETE ON requests BEGIN
  DELETE FROM request_search WHERE rowid = old.id;
END;
CREATE INDEX idx_sessions_last_request ON sessions(last_request_at DESC);
CREATE INDEX idx_sessions_tokens ON sessions(total_tokens DESC, session_id);
CREATE INDEX idx_sessions_cost ON sessions(total_cost_usd DESC, session_id);
CREATE INDEX idx_sessions_newest ON sessions(started_at DESC, session_id DESC);
INSERT OR IGNORE INTO requests (request_id, session_id, started_at, completed_at, success, outcome, provider,
  model_requested, model_used, ${TOKEN_COLUMNS.join(', ')}, total_duration_ms, provider_latency_ms,
  time_to_first_token_ms, is_answered, listener, is_streaming, client_ip, user_agent, finish_reason, error_message,
  chunk_count, streaming_duration_ms)
SELECT coalesce(request_id, session_id), session_id, started_at, completed_at, success,
  CASE success WHEN 1 THEN 'ok' WHEN 0 THEN 'error' END, provider,
  model_requested, model_used, ${TOKEN_COLUMNS.join(', ')}, total_duration_ms, provider_latency_ms,
  time_to_first_token_ms, total_tokens > 0, listener, is_streaming, client_ip, user_agent, finish_reason, error_message,
  chunk_count, streaming_duration_ms
FROM sessions;
INSERT INTO request_texts SELECT r.id, s.request_text, s.response_text
  FROM requests r JOIN sessions s USING (session_id);
INSERT INTO request_search (rowid, request_text, response_text, tool_arguments)
  SELECT t.id, t.request_text, t.response_text, coalesce((SELECT group_concat(
    e.tool_name || ' ' || coalesce(e.tool_arguments, ''), char(10)) FROM tool_call_executions e
    WHERE e.session_id = r.session_id), '')
  FROM request_texts t JOIN requests r USING (id);
`

/** `base` is the event whose body this one's `body` changes. They are of one session, and go together. */
const V7 = 'ALTER TABLE events ADD COLUMN base INTEGER'

/** Each brings the database from the version before to its own. */
export const MIGRATIONS: readonly { readonly version: number; readonly sql: string }[] = [
  { version: 5, sql: V5 },
  { version: 6, sql: V6 },
  { version: 7, sql: V7 },
]

export const SCHEMA_VERSION = 7
