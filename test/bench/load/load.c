/* Load for the peer comparison: UDP flood over many flows, UDP sink, HTTP server and client.
 *   load flood DST SPORTS DPORTS PPS SECS SIZE [BLOCKS]   one JSON line at the end; PPS 0 = unpaced
 *   load sink ADDR DPORTS                        binds the flood's ports, reads nothing
 *   load httpd ADDR PORT BODY                    one thread, keep-alive and close
 *   load httpc ADDR PORT CONNS RPS SECS          one thread, keep-alive; one JSON line at the end
 *   load connc ADDR PORT CPS SECS                one thread, a connection for each request; one JSON line at the end
 * A flow is a (source port, destination port) pair, visited round robin. With BLOCKS the source ports are replaced by
 * as many others BLOCKS times in the run, at even steps: SPORTS * DPORTS new flows a step.
 * httpc sends its requests at fixed times (open loop) over whichever connection is free and counts each latency from
 * the time the request was due, so that a stall is told by every request it held up. RPS 0 = closed loop: each
 * connection sends again as soon as it is answered. connc too is an open loop: it connects at fixed times, sends one
 * request and reads until the server closes; a connection that finds MAXCONN others open is counted as an error. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SPORT = 30000, DPORT = 10000, BATCH = 64, MAXSEC = 120 };

static void die(const char *what) { perror(what); exit(1); }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static struct sockaddr_in addr(const char *ip, int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  if (inet_pton(AF_INET, ip, &a.sin_addr) != 1) { fprintf(stderr, "bad address %s\n", ip); exit(2); }
  return a;
}

static void files(void) {
  struct rlimit r = {65536, 65536};
  setrlimit(RLIMIT_NOFILE, &r);
}

static int udp(const char *ip, int port) {
  struct sockaddr_in a = addr(ip, port);
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a)) die("udp socket");
  return s;
}

static int flood(int n, char **v) {
  int sports = atoi(v[1]), dports = atoi(v[2]), size = atoi(v[5]), blocks = n > 6 ? atoi(v[6]) : 1;
  double pps = atof(v[3]), secs = atof(v[4]);
  if (sports < 1 || dports < 1 || blocks < 1 || sports * blocks > 20000 || dports > 20000 || size < 1 || size > 1400 || secs > MAXSEC) return 2;
  int *s = calloc(sports * blocks, sizeof *s);
  for (int i = 0; i < sports * blocks; i++) s[i] = udp("0.0.0.0", SPORT + i);
  static char body[1400];
  struct iovec io = {body, size};
  struct sockaddr_in to[BATCH];
  struct mmsghdr m[BATCH];
  memset(m, 0, sizeof m);
  for (int i = 0; i < BATCH; i++) {
    to[i] = addr(v[0], 0);
    m[i].msg_hdr = (struct msghdr){.msg_name = &to[i], .msg_namelen = sizeof to[i], .msg_iov = &io, .msg_iovlen = 1};
  }
  unsigned long sent = 0, failed = 0, spins = 0;
  int si = 0, di = 0;
  double start = now(), end = start + secs, t = start, c0 = cpu();
  while (t < end) {
    if (pps > 0) {
      double due = start + sent / pps;
      if (due > t) {
        struct timespec d = {0, (long)((due - t) * 1e9) % 1000000000};
        if (due - t > 60e-6) nanosleep(&d, 0);
        spins++;
        t = now();
        continue;
      }
    }
    int block = (int)((t - start) / secs * blocks), m_n = dports - di < BATCH ? dports - di : BATCH;
    if (block >= blocks) block = blocks - 1;
    for (int i = 0; i < m_n; i++) to[i].sin_port = htons(DPORT + di + i);
    int k = sendmmsg(s[block * sports + si], m, m_n, 0);
    if (k < 0) failed++; else sent += k;
    if ((di += m_n) >= dports) { di = 0; si = (si + 1) % sports; }
    t = now();
  }
  double took = now() - start;
  printf("{\"sent\":%lu,\"failed\":%lu,\"secs\":%.3f,\"pps\":%.0f,\"flows\":%d,\"cpu_s\":%.3f,\"us_per_pkt\":%.3f}\n", sent,
         failed, took, sent / took, sports * dports * blocks, cpu() - c0, (cpu() - c0) * 1e6 / (sent ? sent : 1));
  return 0;
}

static int sink(char **v) {
  int dports = atoi(v[1]), small = 2048;
  if (dports < 1 || dports > 20000) return 2;
  for (int i = 0; i < dports; i++) {
    int s = udp(v[0], DPORT + i);
    setsockopt(s, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  }
  printf("ready\n"); fflush(stdout);
  pause();
  return 0;
}

static int httpd(char **v) {
  int one = 1, body = atoi(v[2]);
  struct sockaddr_in a = addr(v[0], atoi(v[1]));
  if (body < 0 || body > 1 << 20) return 2;
  char *ans[2];
  int len[2];
  for (int c = 0; c < 2; c++) {
    ans[c] = malloc(body + 256);
    len[c] = sprintf(ans[c], "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%s\r\n", body,
                     c ? "Connection: close\r\n" : "");
    memset(ans[c] + len[c], 'x', body);
    len[c] += body;
  }
  int ls = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(ls, (struct sockaddr *)&a, sizeof a) || listen(ls, 4096)) die("httpd");
  int ep = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN, .data.fd = ls}, ev[256];
  epoll_ctl(ep, EPOLL_CTL_ADD, ls, &e);
  printf("ready\n"); fflush(stdout);
  for (;;) {
    int n = epoll_wait(ep, ev, 256, -1);
    for (int i = 0; i < n; i++) {
      int fd = ev[i].data.fd;
      if (fd == ls) {
        int c;
        while ((c = accept4(ls, 0, 0, SOCK_NONBLOCK)) >= 0) {
          setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          e.data.fd = c;
          epoll_ctl(ep, EPOLL_CTL_ADD, c, &e);
        }
        continue;
      }
      char q[4096];
      ssize_t k = read(fd, q, sizeof q - 1);
      if (k < 0 && errno == EAGAIN) continue;
      if (k <= 0) { close(fd); continue; }
      q[k] = 0;
      int shut = strcasestr(q, "connection: close") != 0;
      for (char *p = q; (p = strstr(p, "\r\n\r\n")); p += 4)
        if (write(fd, ans[shut], len[shut]) < 0) { shut = 1; break; }
      if (shut) close(fd);
    }
  }
}

/* Latencies in steps of 0.1 us up to 0.1 s, of 1 ms above. */
enum { FINE = 1000000, COARSE = 130000, MAXCONN = 1024, ANSWER = 8192 };

static struct { unsigned fine[FINE], coarse[COARSE]; unsigned long count; double max; } seen;

static void note(double secs) {
  if (secs < 0) secs = 0;
  unsigned long tenths = (unsigned long)(secs * 1e7), ms = (unsigned long)(secs * 1e3);
  if (tenths < FINE) seen.fine[tenths]++;
  else seen.coarse[ms < COARSE ? ms : COARSE - 1]++;
  if (secs > seen.max) seen.max = secs;
  seen.count++;
}

/* The latency in us that a share of all requests does not exceed: the upper end of its step. */
static double percentile(double share) {
  unsigned long rank = (unsigned long)(share * seen.count), below = 0;
  for (int i = 0; i < FINE; i++)
    if ((below += seen.fine[i]) > rank) return (i + 1) / 10.0;
  for (int i = 0; i < COARSE; i++)
    if ((below += seen.coarse[i]) > rank) return (i + 1) * 1e3;
  return 0;
}

struct conn { int fd, got; double due; char answer[ANSWER]; };

static struct {
  struct sockaddr_in to;
  char request[256];
  int request_len, ep, conns, idle, first; /* `idle` connections wait in the ring `waiting` from `first` on */
  struct conn *conn, *waiting[MAXCONN];
  unsigned long errors;
} client;

static void wait_idle(struct conn *c) {
  client.waiting[(client.first + client.idle++) % client.conns] = c;
}

static void dial(struct conn *c) {
  int one = 1;
  c->got = 0;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&client.to, sizeof client.to)) die("httpc connect");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(client.ep, EPOLL_CTL_ADD, c->fd, &e);
  wait_idle(c);
}

static void failed(struct conn *c) {
  client.errors++;
  close(c->fd);
  dial(c);
}

static void ask(double due) {
  struct conn *c = client.waiting[client.first];
  client.first = (client.first + 1) % client.conns;
  client.idle--;
  c->due = due;
  if (write(c->fd, client.request, client.request_len) != client.request_len) failed(c);
}

/* 1 = a whole answer with status 200, 0 = more to come, -1 = something else. */
static int whole(struct conn *c) {
  c->answer[c->got] = 0;
  char *end = strstr(c->answer, "\r\n\r\n");
  if (!end) return c->got < ANSWER - 1 ? 0 : -1;
  char *length = strstr(c->answer, "Content-Length: ");
  if (strncmp(c->answer, "HTTP/1.1 200 ", 13) || !length || length > end) return -1;
  long size = end + 4 - c->answer + atol(length + 16);
  return size >= ANSWER || c->got > size ? -1 : c->got == size;
}

static void hear(struct conn *c) {
  ssize_t k = read(c->fd, c->answer + c->got, ANSWER - 1 - c->got);
  if (k < 0 && errno == EAGAIN) return;
  if (k > 0) c->got += k;
  int done = k > 0 ? whole(c) : -1;
  if (done < 0) failed(c);
  if (done <= 0) return;
  note(now() - c->due);
  c->got = 0;
  wait_idle(c);
}

/* Waits for answers until the next request is due, 0.1 s at most. */
static void listen_until(double due) {
  double left = due - now();
  if (left < 0) left = 0;
  if (left > 0.1) left = 0.1;
  struct timespec d = {0, (long)(left * 1e9)};
  struct epoll_event ev[256];
  int n = epoll_pwait2(client.ep, ev, 256, &d, 0);
  for (int i = 0; i < n; i++) hear(ev[i].data.ptr);
}

static int httpc(char **v) {
  double rps = atof(v[3]), secs = atof(v[4]), grace = 1;
  client.conns = atoi(v[2]);
  if (client.conns < 1 || client.conns > MAXCONN || rps < 0 || secs <= 0 || secs > MAXSEC) return 2;
  client.to = addr(v[0], atoi(v[1]));
  client.request_len = snprintf(client.request, sizeof client.request, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", v[0]);
  client.ep = epoll_create1(0);
  client.conn = calloc(client.conns, sizeof *client.conn);
  prctl(PR_SET_TIMERSLACK, 1);
  for (int i = 0; i < client.conns; i++) dial(&client.conn[i]);
  double start = now(), end = start + secs, t = start, c0 = cpu();
  unsigned long total = (unsigned long)(rps * secs), sent = 0;
  for (; t < end + grace; t = now()) {
    int more = rps > 0 ? sent < total : t < end;
    if (!more && client.idle == client.conns) break;
    double due = !more || !client.idle ? end + grace : rps > 0 ? start + sent / rps : t;
    if (due <= t) ask(due), sent++;
    else listen_until(due);
  }
  client.errors += client.conns - client.idle + (total > sent ? total - sent : 0);
  double took = t - start;
  printf("{\"requests\":%lu,\"secs\":%.3f,\"rps\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,\"errors\":%lu,\"cpu_s\":%.3f}\n",
         seen.count, took, seen.count / took, percentile(0.5), percentile(0.99), seen.max * 1e6, client.errors, cpu() - c0);
  return 0;
}

/* Ends a connection that is done or has failed. */
static void hang_up(int fd, int failed, unsigned long *done, unsigned long *errors) {
  if (failed) (*errors)++; else (*done)++;
  close(fd);
}

static int connc(char **v) {
  double cps = atof(v[2]), secs = atof(v[3]);
  if (cps <= 0 || secs <= 0 || secs > MAXSEC) return 2;
  struct sockaddr_in to = addr(v[0], atoi(v[1]));
  char request[256], answer[ANSWER];
  int length = snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", v[0]);
  int ep = epoll_create1(0), open = 0;
  unsigned long total = (unsigned long)(cps * secs), begun = 0, done = 0, errors = 0;
  double start = now(), grace = start + secs + 1, t = start, c0 = cpu();
  while ((begun < total || open > 0) && t < grace) {
    for (; begun < total && start + begun / cps <= t; begun++) {
      int fd = open < MAXCONN ? socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
      if (fd < 0) { errors++; continue; }
      if (connect(fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) { hang_up(fd, 1, &done, &errors); continue; }
      struct epoll_event e = {.events = EPOLLOUT, .data.fd = fd};
      epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
      open++;
    }
    double left = begun < total ? start + begun / cps - now() : 0.1;
    struct timespec d = {0, left > 0 ? (long)(left * 1e9) : 0};
    struct epoll_event ev[256];
    int n = epoll_pwait2(ep, ev, 256, &d, 0);
    for (int i = 0; i < n; i++) {
      int fd = ev[i].data.fd;
      if (ev[i].events & EPOLLOUT) {
        struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
        if (write(fd, request, length) == length) epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
        else open--, hang_up(fd, 1, &done, &errors);
        continue;
      }
      ssize_t k = read(fd, answer, sizeof answer);
      if (k == 0 || (k < 0 && errno != EAGAIN)) open--, hang_up(fd, k < 0, &done, &errors);
    }
    t = now();
  }
  errors += open;
  printf("{\"connections\":%lu,\"secs\":%.3f,\"cps\":%.0f,\"errors\":%lu,\"cpu_s\":%.3f}\n", done, t - start,
         done / (t - start), errors, cpu() - c0);
  return 0;
}

int main(int n, char **v) {
  signal(SIGPIPE, SIG_IGN);
  files();
  int r = 2;
  if ((n == 8 || n == 9) && !strcmp(v[1], "flood")) r = flood(n - 2, v + 2);
  else if (n == 4 && !strcmp(v[1], "sink")) r = sink(v + 2);
  else if (n == 5 && !strcmp(v[1], "httpd")) r = httpd(v + 2);
  else if (n == 7 && !strcmp(v[1], "httpc")) r = httpc(v + 2);
  else if (n == 6 && !strcmp(v[1], "connc")) r = connc(v + 2);
  if (r == 2)
    fprintf(stderr, "usage: load flood DST SPORTS DPORTS PPS SECS SIZE [BLOCKS] | sink ADDR DPORTS | httpd ADDR PORT BODY |"
                    " httpc ADDR PORT CONNS RPS SECS | connc ADDR PORT CPS SECS\n");
  return r;
}
