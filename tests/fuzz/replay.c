/*
 * replay.c: gives files to a fuzzer's target, where libFuzzer is not there to do it: `make check`
 * replays the corpus with it, and `make fuzz SECONDS=3600` looks for more with libFuzzer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return -1;
	}
	size_t size = fread(data, 1, sizeof(data), file);
	fclose(file);
	/* An exact copy, so that a sanitizer sees a read past its end. */
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		return -1;
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (replay(argv[i]) != 0)
			return 1;
	printf("%d inputs replayed\n", argc - 1);
	return argc > 1 ? 0 : 1;
}
