// The least that fan-out costs: fan-out COUNT BYTES FUNCTIONS
//
// Answers the line `port`, accepts COUNT connections, and for the line `send TICKS` writes each of them, so often, one piece of
// memory with FUNCTIONS WebSocket messages of BYTES, as subscribers.c expects them. Answers with the µs of CPU that took.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double cpuUs(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 + r.ru_utime.tv_usec + r.ru_stime.tv_usec;
}

static double nowMs(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void writeAll(int fd, const uint8_t *p, size_t n) {
  while (n) {
    ssize_t k = write(fd, p, n);
    if (k > 0) { p += k, n -= k; continue; }
    if (errno != EAGAIN) { perror("write"); exit(1); }
    struct pollfd full = {fd, POLLOUT, 0};
    poll(&full, 1, 1000);
  }
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int count = atoi(argv[1]), size = atoi(argv[2]), functions = atoi(argv[3]), one = 1;
  int listening = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t length = sizeof at;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listening, (void *)&at, sizeof at) || listen(listening, 4096)) return perror("listen"), 1;
  getsockname(listening, (void *)&at, &length);
  char line[64];
  if (!fgets(line, sizeof line, stdin)) return 1;
  printf("%d\n", ntohs(at.sin_port)), fflush(stdout);
  int *fds = calloc(count, sizeof *fds);
  for (int i = 0; i < count; i++) {
    fds[i] = accept(listening, 0, 0);
    setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fds[i], F_SETFL, O_NONBLOCK);
  }
  size_t each = 4 + size; // above 125, below 65,536
  uint8_t *burst = calloc(functions, each);
  uint32_t sequence = 0;
  while (fgets(line, sizeof line, stdin)) {
    double begun = cpuUs();
    for (int ticks = atoi(line + 5); ticks > 0; ticks--) {
      double made = nowMs();
      sequence++;
      for (int f = 0; f < functions; f++) {
        uint8_t *m = burst + f * each;
        m[0] = 0x82, m[1] = 126, m[2] = size >> 8, m[3] = size;
        memcpy(m + 4 + 12, &sequence, 4), memcpy(m + 4 + 16, &made, 8);
      }
      for (int i = 0; i < count; i++) writeAll(fds[i], burst, functions * each);
    }
    printf("%.0f\n", cpuUs() - begun), fflush(stdout);
  }
}
