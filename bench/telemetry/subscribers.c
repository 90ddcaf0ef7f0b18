// Many subscribers of a telemetry socket in one process: subscribers PORT COUNT FUNCTIONS (ws|raw|same|deflated) [SUBSCRIBE-MESSAGE]
//                                                      subscribers PORT COUNT FUNCTIONS windows MESSAGES-FILE TOKEN
//
// Every binary message must be the next one: a frame for each of FUNCTIONS functions, then those of the next sequence number
// (Uint32 at 12 of the payload). When it was made (Float64 at 16, ms of the monotonic clock) tells how late it came. `raw`
// has no handshake: the messages begin at once. With `windows` each line of a file is a subscription to FUNCTIONS functions, taken
// in turn; functions (16 bytes at 64) tick each at its own time, the next frame of each must be the next of its sequence, and
// the wall clock (Float64 at 24) tells how late it came. With `same` and `deflated` every message but the answer is a frame, whatever
// is in it: the n-th must be, byte for byte, what the first who had an n-th got. `deflated` asks for compression, and each
// frame must be compressed; what it becomes somebody else has to look at. A line to it is a command, and a line from it is the answer:
//   joined         when everybody has had an answer to the subscription
//   await FRAMES   when everybody who reads has had so many frames since the start, or after 60 s: MIN MAX WRONG MISSED ENDED
//                  UNTOLD: the last is how many, of those that had stopped, have had and missed another number of frames
//   stop COUNT     the first ones read no more; read: all read again
//   windows        since the last time: FRAMES BYTES MIN MAX WRONG MISSED ENDED UNSEEN: frames of all, the fewest and the most of one,
//                  and how many functions have not been seen by a subscriber whose window has them
//   bytes          of all messages' payloads since the start
//   late           p50 and p99 of the lateness since the last time, µs, of those that read all the time
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define KEPT 160 // bytes of a payload that are looked at
#define MOST_FRAMES (1 << 20)
#define LATE_STEP 5
#define LATE_STEPS 2000000 // 10 s

typedef struct {
  uint8_t id[16];
  uint32_t last;
} sequence;

typedef struct {
  int fd, open, stopped, lagged;
  uint64_t left;  // of the payload
  uint8_t head[10], kept[KEPT];
  int headLength, keptLength;
  uint64_t frames, texts, missed, bytes, hash;
  sequence *seen; // of a window, in the order in which they came first
  int seenCount, next;
} subscriber;

static subscriber *all;
static int count, functions, raw, windows, same, deflated;
static uint64_t hashes[MOST_FRAMES], bytesRead;
static uint64_t wrong, ended;
static uint32_t late[LATE_STEPS];

static double nowMs(void) {
  struct timespec t;
  clock_gettime(windows ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void fail(const char *doing) { perror(doing); exit(1); }

static void sendAll(int fd, const void *bytes, size_t length) {
  if (write(fd, bytes, length) != (ssize_t)length) fail("write");
}

/* @returns whether it is the next of its function, or the first */
static int isNext(subscriber *s, const uint8_t *id, uint32_t number) {
  for (int i = 0; i < s->seenCount; i++) {
    sequence *of = &s->seen[(s->next + i) % s->seenCount]; // they come in the same order mostly
    if (memcmp(of->id, id, 16)) continue;
    s->next = (of - s->seen + 1) % s->seenCount;
    int right = number == of->last + 1;
    of->last = number;
    return right;
  }
  if (s->seenCount == functions) return 0;
  sequence *of = &s->seen[s->seenCount++];
  memcpy(of->id, id, 16), of->last = number, s->next = 0;
  return 1;
}

static void sameFrame(subscriber *s) {
  uint64_t *first = &hashes[s->frames++ % MOST_FRAMES];
  if (!*first) *first = s->hash;
  if (*first != s->hash || (deflated && !(s->head[0] & 0x40))) wrong++;
}

static void message(subscriber *s, double now) {
  int opcode = s->head[0] & 15;
  if (opcode == 9) { // a ping: all have an empty payload
    static const uint8_t pong[6] = {0x8a, 0x80};
    sendAll(s->fd, pong, 6);
  }
  if (same && opcode < 8 && s->texts) return sameFrame(s);
  if (opcode == 1) {
    s->texts++;
    s->kept[s->keptLength < KEPT ? s->keptLength : KEPT - 1] = 0;
    char *missed = strstr((char *)s->kept, "\"missed\""), *number = strstr((char *)s->kept, "\"count\":");
    if (missed && number) s->missed += strtoull(number + 8, 0, 10);
  }
  if (opcode != 2) return;
  uint32_t sequence;
  double made;
  memcpy(&sequence, s->kept + 12, 4);
  memcpy(&made, s->kept + (windows ? 24 : 16), 8);
  // Who has stopped for a while goes on with what is newest: that its counts are told is another test.
  if (windows ? !isNext(s, s->kept + 64, sequence) : !s->lagged && sequence != s->frames / functions + 1) wrong++;
  s->frames++;
  int64_t step = (now - made) * 1e3 / LATE_STEP;
  if (s->lagged) return;
  late[step < 0 ? 0 : step < LATE_STEPS ? step : LATE_STEPS - 1]++;
}

static void take(subscriber *s, const uint8_t *p, size_t n) {
  double now = nowMs();
  s->bytes += n;
  while (n) {
    if (s->left) {
      uint64_t k = s->left < n ? s->left : n;
      for (uint64_t i = 0; i < k && s->keptLength < KEPT; i++) s->kept[s->keptLength++] = p[i];
      if (same) for (uint64_t i = 0; i < k; i++) s->hash = (s->hash ^ p[i]) * 1099511628211u; // FNV-1a
      bytesRead += k;
      s->left -= k, p += k, n -= k;
      if (!s->left) message(s, now), s->headLength = 0;
      continue;
    }
    s->head[s->headLength++] = *p++, n--;
    int h = s->headLength, l = h > 1 ? s->head[1] & 127 : 0, need = l < 126 ? 2 : l == 126 ? 4 : 10;
    if (h < 2 || h < need) continue;
    uint64_t length = l;
    if (l >= 126) for (length = 0, h = 2; h < need; h++) length = length << 8 | s->head[h];
    s->left = length, s->keptLength = 0, s->hash = 14695981039346656037u;
    if (!length) message(s, now), s->headLength = 0;
  }
}

static void shake(int fd, int port, const char *subscribe, const char *token) {
  char text[4096], credentials[256] = "";
  if (token) snprintf(credentials, sizeof credentials, "Authorization: Bearer %s\r\n", token);
  int n = snprintf(text, sizeof text,
    "GET /v1/telemetry%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "%sSec-WebSocket-Protocol: nvirt.telemetry.v1\r\n%s\r\n", deflated ? "?compress=true" : "", port, credentials,
    deflated ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "");
  sendAll(fd, text, n);
  int got = 0;
  while (got < 4 || memcmp(text + got - 4, "\r\n\r\n", 4)) // nothing follows before we subscribe
    if (read(fd, text + got++, 1) != 1) fail("handshake");
  if (strncmp(text, "HTTP/1.1 101", 12)) fprintf(stderr, "%.200s\n", text), exit(1);
  size_t length = strlen(subscribe);
  static uint8_t out[65536] = {0x81};
  int at = length < 126 ? 2 : 4;
  out[1] = 0x80 | (length < 126 ? length : 126);
  if (length >= 126) out[2] = length >> 8, out[3] = length;
  memset(out + at, 0, 4); // a mask of zeroes
  memcpy(out + at + 4, subscribe, length);
  sendAll(fd, out, at + 4 + length);
}

static int dial(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (void *)&to, sizeof to)) fail("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

/* Of those that read: the fewest and the most frames, or texts. */
static void least(uint64_t *min, uint64_t *max, uint64_t *texts) {
  *min = *texts = UINT64_MAX, *max = 0;
  for (int i = 0; i < count; i++) {
    subscriber *s = &all[i];
    if (s->texts < *texts) *texts = s->texts;
    if (s->lagged || !s->open) continue;
    if (s->frames < *min) *min = s->frames;
    if (s->frames > *max) *max = s->frames;
  }
}

/* What has come since the last time. */
static void tellWindows(uint64_t missed) {
  uint64_t frames = 0, bytes = 0, min = UINT64_MAX, max = 0, unseen = 0;
  for (int i = 0; i < count; i++) {
    subscriber *s = &all[i];
    frames += s->frames, bytes += s->bytes, unseen += functions - s->seenCount;
    if (s->frames < min) min = s->frames;
    if (s->frames > max) max = s->frames;
    s->frames = s->bytes = 0;
  }
  printf("%lu %lu %lu %lu %lu %lu %lu %lu\n", frames, bytes, min, max, wrong, missed, ended, unseen);
}

static double lateness(double part) {
  uint64_t sum = 0, seen = 0;
  for (int i = 0; i < LATE_STEPS; i++) sum += late[i];
  for (int i = 0; i < LATE_STEPS; i++) if ((seen += late[i]) >= sum * part) return (double)i * LATE_STEP;
  return 0;
}

static void stop(int ep, int howMany) {
  for (int i = 0; i < count; i++) {
    subscriber *s = &all[i];
    if (!s->open) continue;
    int stopped = i < howMany;
    if (stopped == s->stopped) continue;
    struct epoll_event e = {.events = stopped ? 0 : EPOLLIN, .data.ptr = s};
    epoll_ctl(ep, EPOLL_CTL_MOD, s->fd, &e);
    s->stopped = stopped, s->lagged = 1;
  }
}

static char waitingFor[64];
static double waitingSince;

/* @returns 1 when it has answered */
static int answer(int ep, const char *command) {
  uint64_t min, max, texts, missed = 0, untold = 0, frames = strtoull(command + 5, 0, 10);
  least(&min, &max, &texts);
  for (int i = 0; i < count; i++) {
    subscriber *s = &all[i];
    missed += s->missed;
    if (s->lagged && s->open && s->frames + s->missed != frames) untold++;
  }
  if (!strncmp(command, "joined", 6)) {
    if (texts < 1) return 0;
    printf("joined\n");
  } else if (!strncmp(command, "await", 5)) {
    if (min < frames && nowMs() - waitingSince < 60e3) return 0;
    printf("%lu %lu %lu %lu %lu %lu\n", min, max, wrong, missed, ended, untold);
  } else if (!strncmp(command, "windows", 7)) {
    tellWindows(missed);
  } else if (!strncmp(command, "bytes", 5)) {
    printf("%lu\n", bytesRead);
  } else if (!strncmp(command, "late", 4)) {
    printf("%.0f %.0f\n", lateness(0.5), lateness(0.99));
    memset(late, 0, sizeof late);
  } else {
    stop(ep, !strncmp(command, "stop", 4) ? atoi(command + 4) : 0);
    printf("ok\n");
  }
  fflush(stdout);
  return 1;
}

static void readFrom(subscriber *s) {
  static uint8_t bytes[1 << 18];
  ssize_t n = read(s->fd, bytes, sizeof bytes);
  if (n > 0) return take(s, bytes, n);
  if (n < 0 && errno == EAGAIN) return;
  close(s->fd), s->open = 0, ended++;
}

/* The next line of the file, over and over; without its end. */
static const char *nextLine(const char *path) {
  static char line[65536];
  static FILE *file;
  if (!file && !(file = fopen(path, "r"))) fail(path);
  char *got = fgets(line, sizeof line, file);
  if (!got) rewind(file), got = fgets(line, sizeof line, file);
  if (!got) fail(path);
  line[strcspn(line, "\n")] = 0;
  return line;
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  int port = atoi(argv[1]), ep = epoll_create1(0);
  count = atoi(argv[2]), functions = atoi(argv[3]), raw = !strcmp(argv[4], "raw");
  windows = !strcmp(argv[4], "windows");
  deflated = !strcmp(argv[4], "deflated"), same = deflated || !strcmp(argv[4], "same");
  all = calloc(count, sizeof *all);
  for (int i = 0; i < count; i++) {
    subscriber *s = &all[i];
    s->fd = dial(port), s->open = 1;
    s->seen = calloc(functions, sizeof *s->seen);
    if (!raw) shake(s->fd, port, windows ? nextLine(argv[5]) : argv[5], windows ? argv[6] : 0);
    fcntl(s->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = s};
    epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &e);
  }
  struct epoll_event in = {.events = EPOLLIN, .data.ptr = 0}, events[1024];
  epoll_ctl(ep, EPOLL_CTL_ADD, 0, &in);
  for (;;) {
    int n = epoll_wait(ep, events, 1024, waitingFor[0] ? 5 : -1);
    for (int i = 0; i < n; i++) {
      subscriber *s = events[i].data.ptr;
      if (s) { if (s->open) readFrom(s); continue; }
      if (!fgets(waitingFor, sizeof waitingFor, stdin)) return 0;
      waitingSince = nowMs();
    }
    if (waitingFor[0] && answer(ep, waitingFor)) waitingFor[0] = 0;
  }
}
