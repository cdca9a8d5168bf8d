import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Whether nginx can be started here. */
export function hasNginx() {
  return spawnSync('nginx', ['-v']).status === 0
}

/** Writes a one-worker reverse proxy without buffering or log, and returns the command that runs it in the foreground. */
export function nginxCommand({ port, upstreamPort, folder }) {
  const home = path.join(folder, `nginx-${port}`)
  mkdirSync(home, { recursive: true })
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    kind => `${kind}_temp_path ${home}/${kind};`,
  )
  const config = `
daemon off;
${process.getuid() === 0 ? 'user root;' : ''}
worker_processes 1;
worker_rlimit_nofile 16384;
pid ${home}/nginx.pid;
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off;
  ${temporary.join('\n  ')}
  client_max_body_size 200m;
  client_body_buffer_size 4m;
  keepalive_requests 1000000000;
  upstream mock {
    server 127.0.0.1:${upstreamPort};
    keepalive 1100;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600s;
    }
  }
}
`
  const file = path.join(home, 'nginx.conf')
  writeFileSync(file, config)
  return ['nginx', '-p', home, '-c', file, '-e', 'stderr']
}
