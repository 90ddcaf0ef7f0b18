/*
 * The limit of sampling: a descriptor of each counter file, kept, read from its beginning and parsed in C.
 * usage: counter-files NUMBERS FILE... A line `read N` reads all of them N times; the answer is the processor time in ns.
 * A line `dump` answers with the numbers of all files, as they were read.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double processor_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
  return at.tv_sec * 1e9 + at.tv_nsec;
}

static void read_all(const int *files, int count, double *values, int numbers) {
  char text[4096];
  for (int i = 0; i < count; i++) {
    ssize_t length = pread(files[i], text, sizeof text, 0);
    double *row = values + (size_t)i * numbers;
    uint64_t value = 0;
    int found = 0, inside = 0;
    for (ssize_t j = 0; j < length && found < numbers; j++) {
      unsigned digit = (unsigned char)text[j] - '0';
      if (digit < 10) {
        value = value * 10 + digit;
        inside = 1;
      } else if (inside) {
        row[found++] = (double)value;
        value = 0;
        inside = 0;
      }
    }
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int numbers = atoi(argv[1]), count = argc - 2;
  int *files = malloc(count * sizeof *files);
  double *values = calloc((size_t)count * numbers, sizeof *values);
  for (int i = 0; i < count; i++)
    if ((files[i] = open(argv[i + 2], O_RDONLY)) < 0) return 1;

  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    int times = 0;
    if (sscanf(line, "read %d", &times) == 1) {
      double begun = processor_ns();
      for (int n = 0; n < times; n++) read_all(files, count, values, numbers);
      printf("%.0f\n", processor_ns() - begun);
    } else {
      for (int n = 0; n < count * numbers; n++) printf("%s%.0f", n ? " " : "", values[n]);
      printf("\n");
    }
    fflush(stdout);
  }
  return 0;
}
