/* test_disk.c: how much of a disk is left, and when that is too little. */
#include "base/disk.h"

#include <sys/statvfs.h>

#include "unit.h"

enum { MB = 1024 * 1024 };

TEST(the_reserve_is_a_share_of_the_disk_and_at_least_8_mb)
{
	static const struct {
		int64_t size, percent, reserve;
	} cases[] = {
	    {10000LL * MB, 1, 100LL * MB}, {10000LL * MB, 90, 9000LL * MB},
	    {100LL * MB, 1, 8LL * MB}, {800LL * MB, 1, 8LL * MB}, {900LL * MB, 1, 9LL * MB},
	    {10000LL * MB, 0, 0}, /* never */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct disk disk = {.free = 0, .size = cases[i].size};
		assert_int_equal(disk_reserve(&disk, cases[i].percent), cases[i].reserve);
	}
}

TEST(a_disk_is_low_below_its_reserve_and_not_at_it)
{
	struct disk disk = {.free = 100LL * MB, .size = 10000LL * MB};
	assert_false(disk_low(&disk, 1));
	disk.free--;
	assert_true(disk_low(&disk, 1));
	assert_false(disk_low(&disk, 0));
	disk.free = 0;
	assert_false(disk_low(&disk, 0));
}

TEST(what_root_alone_may_use_is_not_counted)
{
	struct disk disk;
	struct statvfs about;
	assert_true(disk_look(unit_dir, &disk));
	assert_int_equal(statvfs(unit_dir, &about), 0);
	int64_t block = (int64_t)about.f_frsize, free_now = (int64_t)about.f_bavail * block;
	assert_int_equal(
	    disk.size, (int64_t)(about.f_blocks - about.f_bfree + about.f_bavail) * block);
	expect(llabs(disk.free - free_now) < 1024LL * MB, "%lld is free, and not %lld",
	    (long long)disk.free, (long long)free_now); /* others write meanwhile */
	assert_false(disk_look(unit_path("none"), &disk));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_reserve_is_a_share_of_the_disk_and_at_least_8_mb),
	    cmocka_unit_test(a_disk_is_low_below_its_reserve_and_not_at_it),
	    IN_DIR(what_root_alone_may_use_is_not_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
