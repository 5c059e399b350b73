// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Times cjt_parse. For each line "FILE ROUNDS" on standard input: parses every line of FILE, ROUNDS
// times over, and prints the CPU time of one parse in nanoseconds.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CJSONTape.h"

static double cpu_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

static size_t parse_all(const char *text, size_t size) {
    size_t count = 0;
    for (const char *line = text; line < text + size; count++) {
        const char *end = memchr(line, '\n', (size_t)(text + size - line));
        if (end == NULL) end = text + size;
        cjt_tape tape;
        cjt_parse((const uint8_t *)line, (size_t)(end - line), &tape);
        if (tape.error != CJT_OK) exit(1);
        cjt_free(&tape);
        line = end + 1;
    }
    return count;
}

int main(void) {
    char path[4096];
    int rounds;
    while (scanf("%4095s %d", path, &rounds) == 2) {
        FILE *file = fopen(path, "rb");
        if (file == NULL || fseek(file, 0, SEEK_END) != 0) return 1;
        size_t size = (size_t)ftell(file);
        char *text = malloc(size);
        rewind(file);
        if (text == NULL || fread(text, 1, size, file) != size) return 1;
        fclose(file);
        size_t count = parse_all(text, size);
        double start = cpu_nanoseconds();
        for (int round = 0; round < rounds; round++) parse_all(text, size);
        printf("%.1f\n", (cpu_nanoseconds() - start) / (double)rounds / (double)count);
        fflush(stdout);
        free(text);
    }
    return 0;
}
