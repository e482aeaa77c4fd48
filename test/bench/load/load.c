/* Load for the peer comparison: UDP flood over many flows, UDP sink, HTTP server.
 *   load flood DST SPORTS DPORTS PPS SECS SIZE [BLOCKS]   one JSON line at the end; PPS 0 = unpaced
 *   load sink ADDR DPORTS                        binds the flood's ports, reads nothing
 *   load httpd ADDR PORT BODY                    one thread, keep-alive and close
 * A flow is a (source port, destination port) pair, visited round robin. With BLOCKS the source ports are replaced by
 * as many others BLOCKS times in the run, at even steps: SPORTS * DPORTS new flows a step. */
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

int main(int n, char **v) {
  signal(SIGPIPE, SIG_IGN);
  files();
  int r = 2;
  if ((n == 8 || n == 9) && !strcmp(v[1], "flood")) r = flood(n - 2, v + 2);
  else if (n == 4 && !strcmp(v[1], "sink")) r = sink(v + 2);
  else if (n == 5 && !strcmp(v[1], "httpd")) r = httpd(v + 2);
  if (r == 2) fprintf(stderr, "usage: load flood DST SPORTS DPORTS PPS SECS SIZE [BLOCKS] | sink ADDR DPORTS | httpd ADDR PORT BODY\n");
  return r;
}
