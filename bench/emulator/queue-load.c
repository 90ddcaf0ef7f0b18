/*
 * What a tick of the emulator's load costs at least: the same model over the same columns (src/emulator/load/advance.ts,
 * burst-times.ts), in plain C loops.
 *
 *   queue-load COLUMNS
 *
 * COLUMNS holds how many functions and queues there are (two 64-bit numbers), then what was given for each of them: the
 * columns that read_columns reads. Commands come on standard input, and an answer to each goes to standard output:
 *   tick N FROM STEP   N ticks, at FROM, FROM + STEP and so on, ms; answers the CPU time of all of them, ns
 *   dump FILE          writes completions, inFlight and latencyMs as they are now
 */
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLOT_MS 2048.0
#define DRIFT_MS 65536.0
#define UNIT (1.0 / 2147483648.0)
#define SPREAD 0x9e3779b1u
#define LIMIT 1023.0

struct bursts {
  double period, burst, low, rise, rising_for, falling_for;
  double rate_rising, rate_holding, rate_between, phase;
  double load_of_period, load_before, latency_of_period, latency_before;
};

static uint64_t functions, queues;
static uint32_t *first_queue, *queue_count, *function_seed, *seed;
static double *latency, *swing, *noise, *rate, *weighed;
static uint8_t *is_in_bursts;
static struct bursts *bursts;
static uint16_t *fixed, *in_flight;
static double *completions, *latency_sum;

static double load_within(const struct bursts *f, double u) {
  double load = f->rate_rising * fmin(u, f->rising_for);
  if (u > f->rising_for) load += f->rate_holding * (fmin(u, f->burst) - f->rising_for);
  if (u > f->burst) load += f->rate_between * (u - f->burst);
  return load;
}

static double latency_within(const struct bursts *f, double u) {
  double first = fmin(u, f->rising_for);
  double slope = f->rising_for > 0 ? f->rise / f->rising_for : 0;
  double sum = f->rate_rising * (f->low + (slope * first) / 2) * first;
  if (u > f->rising_for)
    sum += f->rate_holding * (f->low + f->rise) * (fmin(u, f->burst) - f->rising_for);
  if (u > f->burst) {
    double after = u - f->burst, fell = fmin(after, f->falling_for);
    double down = f->falling_for > 0 ? f->rise / f->falling_for : 0;
    sum += f->rate_between * (f->low * after + (f->rise - (down * fell) / 2) * fell);
  }
  return sum;
}

static double arrival_within(const struct bursts *f, double y) {
  double risen = f->rising_for + f->rise, falls = f->burst + f->rise;
  double fallen = f->burst + f->falling_for;
  if (y < risen) return (y * f->rising_for) / risen;
  if (y < falls) return y - f->rise;
  if (y >= fallen) return y;
  return f->burst + ((y - falls) * f->falling_for) / (fallen - falls);
}

static int32_t draw(uint32_t key) {
  uint32_t hash = (key ^ (key >> 16)) * 0x85ebca6bu;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35u;
  return (int32_t)(hash ^ (hash >> 16));
}

static double bend(double part) { return part * (1 - part); }

static uint32_t key_of(double slot) { return (uint32_t)(int64_t)slot * SPREAD; }

struct times { double arrived, done, summed; };

static struct times burst_times(const struct bursts *f, double now) {
  double since = now + f->phase, cycles = floor(since / f->period);
  double past = since - f->low, cycle = floor(past / f->period);
  double arrival = arrival_within(f, past - cycle * f->period);
  return (struct times){
      cycles * f->load_of_period + load_within(f, since - cycles * f->period) - f->load_before,
      fmax(0, cycle * f->load_of_period + load_within(f, arrival) - f->load_before),
      fmax(0, cycle * f->latency_of_period + latency_within(f, arrival) - f->latency_before),
  };
}

static void tick(double now) {
  double drift = floor(now / DRIFT_MS);
  for (uint64_t fn = 0; fn < functions; fn++) {
    uint32_t first = first_queue[fn], last = first + queue_count[fn];
    if (first == last) continue;
    struct times t = {now, now - latency[fn], 0};
    if (is_in_bursts[fn]) t = burst_times(&bursts[fn], now);
    if (t.done < 0) t.done = 0;
    if (swing[fn] != 0) {
      uint32_t own = function_seed[fn];
      double by = swing[fn] * UNIT * DRIFT_MS, then = floor(t.done / DRIFT_MS);
      t.arrived += by * draw(own ^ key_of(drift)) * bend(now / DRIFT_MS - drift);
      t.done += by * draw(own ^ key_of(then)) * bend(t.done / DRIFT_MS - then);
    }
    double slot = floor(t.arrived / SLOT_MS), slot_then = floor(t.done / SLOT_MS);
    uint32_t key = key_of(slot), key_then = key_of(slot_then);
    double by = noise[fn] * UNIT * SLOT_MS;
    double bent = by * bend(t.arrived / SLOT_MS - slot);
    double bent_then = by * bend(t.done / SLOT_MS - slot_then);
    for (uint32_t q = first; q < last; q++) {
      uint32_t own = seed[q];
      double mean = rate[q];
      int32_t drew = draw(own ^ key);
      int32_t drew_then = key == key_then ? drew : draw(own ^ key_then);
      double offset = own * (UNIT / 2);
      double completed = floor(mean * (t.done + bent_then * drew_then) + offset);
      double came = floor(mean * (t.arrived + bent * drew) + offset);
      double open = came - completed + fixed[q];
      completions[q] = completed;
      in_flight[q] = open < LIMIT ? open : LIMIT;
      latency_sum[q] = weighed[q] * completed + mean * t.summed;
    }
  }
}

static void *column(FILE *from, uint64_t count, size_t size) {
  void *data = malloc(count * size);
  if (!data || (from && fread(data, size, count, from) != count)) exit(2);
  return data;
}

static void read_columns(const char *path) {
  FILE *from = fopen(path, "rb");
  if (!from || fread(&functions, 8, 1, from) != 1 || fread(&queues, 8, 1, from) != 1) exit(2);
  first_queue = column(from, functions, 4);
  queue_count = column(from, functions, 4);
  function_seed = column(from, functions, 4);
  latency = column(from, functions, 8);
  swing = column(from, functions, 8);
  noise = column(from, functions, 8);
  is_in_bursts = column(from, functions, 1);
  bursts = column(from, functions, sizeof *bursts);
  seed = column(from, queues, 4);
  rate = column(from, queues, 8);
  fixed = column(from, queues, 2);
  weighed = column(from, queues, 8);
  completions = column(NULL, queues, 8);
  in_flight = column(NULL, queues, 2);
  latency_sum = column(NULL, queues, 8);
  fclose(from);
}

static void dump(const char *path) {
  FILE *to = fopen(path, "wb");
  if (!to) exit(2);
  fwrite(completions, 8, queues, to);
  fwrite(in_flight, 2, queues, to);
  fwrite(latency_sum, 8, queues, to);
  if (fclose(to)) exit(2);
}

static double cpu_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int count, char **words) {
  if (count != 2) return 2;
  read_columns(words[1]);
  char line[4096], path[4000];
  int ticks;
  double from, step;
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "tick %d %lf %lf", &ticks, &from, &step) == 3) {
      double begun = cpu_ns();
      for (int i = 0; i < ticks; i++) tick(from + i * step);
      printf("%.0f\n", cpu_ns() - begun);
    } else if (sscanf(line, "dump %3999s", path) == 1) {
      dump(path);
      puts("dumped");
    } else return 2;
    fflush(stdout);
  }
  return 0;
}
