#include "support/test.h"

#include "nn/nn.h"

/* A sum of squares that is chi-square with `df` degrees of freedom is above
 * this once in some 10^9 times. */
static double chi_bound(double df)
{
    return df + 6 * sqrt(2 * df) + 24;
}

static void check_permutation(uint64_t seed, uint64_t epoch, size_t n)
{
    unsigned char *const met = calloc(n, 1);

    assert_non_null(met);
    for (size_t i = 0; i < n; i++) {
        const uint64_t row = nn_shuffle(seed, epoch, n, i);

        assert_true(row < n);
        assert_int_equal(met[row], 0);
        met[row] = 1;
    }
    free(met);
}

static void shuffle_is_a_permutation_of_each_number_of_rows(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 300; n++) {
        check_permutation(0, 0, n);
        check_permutation(17, 3, n);
        check_permutation(UINT64_C(9000000000000000), n, n);
    }
    check_permutation(5, 2, 4095);
    check_permutation(5, 2, 4096);
    check_permutation(5, 2, 4097);
    check_permutation(3, 1, 1000003);
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void shuffle_of_many_rows_repeats_none(void **state)
{
    enum { SOME = 20000 };
    static uint64_t rows[SOME];
    const uint64_t sizes[] = {(UINT64_C(1) << 40), (UINT64_C(1) << 40) - 87,
                              (UINT64_C(1) << 38) + 1};

    (void)state;
    for (size_t s = 0; s < 3; s++) {
        double mean = 0;

        for (uint64_t i = 0; i < SOME; i++) {
            rows[i] = nn_shuffle(11, 4, sizes[s], i * (sizes[s] / SOME));
            assert_true(rows[i] < sizes[s]);
            mean += (double)rows[i] / (double)sizes[s] / SOME;
        }
        qsort(rows, SOME, sizeof *rows, compare);
        for (size_t i = 1; i < SOME; i++)
            assert_true(rows[i] != rows[i - 1]);
        /* six deviations of a mean of uniform numbers */
        assert_near(mean, 0.5, 6 * sqrt(1.0 / 12 / SOME));
    }
}

/* Two orders without a connection agree in one place, give or take one. */
static void shuffle_differs_between_epochs_and_seeds(void **state)
{
    size_t epochs = 0, seeds = 0, still = 0;

    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        const uint64_t row = nn_shuffle(7, 20, 1000, i);

        assert_true(row == nn_shuffle(7, 20, 1000, i));
        epochs += row == nn_shuffle(7, 21, 1000, i);
        seeds += row == nn_shuffle(8, 20, 1000, i);
        still += row == i;
    }
    assert_true(epochs < 10 && seeds < 10 && still < 10);
}

static void shuffle_puts_each_row_anywhere_alike(void **state)
{
    enum { N = 11, EPOCHS = 22000 };
    static double count[N][N];
    double chi = 0;

    (void)state;
    for (uint64_t e = 0; e < EPOCHS; e++)
        for (uint64_t i = 0; i < N; i++)
            count[i][nn_shuffle(41, e, N, i)]++;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            chi += (count[i][j] - EPOCHS / N) * (count[i][j] - EPOCHS / N) /
                   (EPOCHS / N);
    assert_true(chi < chi_bound((N - 1) * (N - 1)));
}

/* Twelve rounds over 8 numbers leave some hundredths. The rest is chance: six
 * deviations are 27 %. */
static void shuffle_of_five_rows_gives_every_order_about_alike(void **state)
{
    enum { N = 5, CODES = 3125, ORDERS = 120, EPOCHS = 60000 };
    static double count[CODES];
    size_t met = 0;

    (void)state;
    for (uint64_t e = 0; e < EPOCHS; e++) {
        uint64_t code = 0;

        for (uint64_t i = 0; i < N; i++)
            code = code * N + nn_shuffle(9, e, N, i);
        count[code]++;
    }
    for (size_t i = 0; i < CODES; i++)
        if (count[i] > 0) {
            met++;
            assert_near(count[i] / EPOCHS, 1.0 / ORDERS, 0.4 / ORDERS);
        }
    assert_int_equal(met, ORDERS);
}

/* Where the next row lies says nothing about where the one after does. */
static void shuffle_has_no_correlation_from_row_to_row(void **state)
{
    enum { N = 100000 };
    const double mid = (N - 1) / 2.0, variance = ((double)N * N - 1) / 12;

    (void)state;
    for (uint64_t lag = 1; lag < 5; lag++) {
        double sum = 0;

        for (uint64_t i = 0; i + lag < N; i++)
            sum += ((double)nn_shuffle(2, 6, N, i) - mid) *
                   ((double)nn_shuffle(2, 6, N, i + lag) - mid) / variance;
        assert_near(sum / N, 0, 6 / sqrt(N));
    }
}

static void batches_of_an_epoch_hold_each_row_once_ascending(void **state)
{
    static const size_t shapes[][2] = {{1, 1},     {1, 128},   {103, 10},
                                       {128, 128}, {129, 128}, {700, 699}};

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const size_t n = shapes[s][0], size = shapes[s][1];
        int64_t *const rows = calloc(size, sizeof *rows);
        unsigned char *const met = calloc(n, 1);

        for (size_t b = 0; b * size < n; b++) {
            size_t m;

            nn_batch(3, 5, n, size, b, &m, rows);
            assert_int_equal(m, n - b * size < size ? n - b * size : size);
            for (size_t i = 0; i < m; i++) {
                assert_true(rows[i] >= 0 && (size_t)rows[i] < n);
                assert_true(i == 0 || rows[i] > rows[i - 1]);
                assert_int_equal(met[rows[i]]++, 0);
            }
        }
        for (size_t i = 0; i < n; i++)
            assert_int_equal(met[i], 1);
        free(met);
        free(rows);
    }
}

static void batch_holds_the_rows_of_its_places_in_the_order(void **state)
{
    int64_t rows[50];
    size_t m;

    (void)state;
    nn_batch(3, 8, 1234, 50, 7, &m, rows);
    assert_int_equal(m, 50);
    for (uint64_t i = 350; i < 400; i++) {
        const int64_t row = (int64_t)nn_shuffle(3, 8, 1234, i);
        size_t found = 0;

        for (size_t r = 0; r < m; r++)
            found += rows[r] == row;
        assert_int_equal(found, 1);
    }
}

static void batch_of_the_greatest_size_is_sorted(void **state)
{
    enum { SIZE = 65536 };
    static int64_t rows[SIZE];
    size_t m;

    (void)state;
    nn_batch(1, 0, UINT64_C(1) << 40, SIZE, 77, &m, rows);
    assert_int_equal(m, SIZE);
    for (size_t i = 1; i < m; i++)
        assert_true(rows[i] > rows[i - 1]);
}

static void split_keeps_and_holds_out_each_row_once(void **state)
{
    enum { N = 1037, SIZE = 100 };
    const nn_split s = nn_split_of(6, N, 0.2);
    unsigned char met[N] = {0};
    int64_t rows[SIZE];

    (void)state;
    assert_int_equal(s.kept, N - 207);
    for (uint64_t first = 0; first < N - s.kept; first += SIZE) {
        const uint64_t left = N - s.kept - first;
        const size_t m = left < SIZE ? (size_t)left : SIZE;

        nn_split_held(&s, first, m, rows);
        for (size_t i = 0; i < m; i++) {
            assert_true(i == 0 || rows[i] > rows[i - 1]);
            met[rows[i]]++;
        }
    }
    for (uint64_t epoch = 0; epoch < 3; epoch++)
        for (uint64_t first = 0; first < s.kept; first += SIZE) {
            const uint64_t left = s.kept - first;
            const size_t m = left < SIZE ? (size_t)left : SIZE;

            nn_split_kept(&s, epoch, first, m, rows);
            for (size_t i = 0; i < m; i++) {
                assert_true(i == 0 || rows[i] > rows[i - 1]);
                met[rows[i]] += 2;
            }
        }
    for (size_t i = 0; i < N; i++)
        assert_true(met[i] == 1 || met[i] == 6);
}

static void split_without_a_share_trains_on_batches_of_all_rows(void **state)
{
    const nn_split s = nn_split_of(4, 500, 0);
    int64_t a[64], b[64];
    size_t m;

    (void)state;
    assert_int_equal(s.kept, 500);
    nn_split_kept(&s, 2, 128, 64, a);
    nn_batch(4, 2, 500, 64, 2, &m, b);
    assert_memory_equal(a, b, sizeof a);
}

static void split_leaves_a_row_on_either_side(void **state)
{
    (void)state;
    assert_int_equal(nn_split_of(0, 1, 0.5).kept, 1);
    assert_int_equal(nn_split_of(0, 2, 0.001).kept, 1);
    assert_int_equal(nn_split_of(0, 3, 0.9).kept, 1);
    assert_int_equal(nn_split_of(0, 10, 0.25).kept, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shuffle_is_a_permutation_of_each_number_of_rows),
        cmocka_unit_test(shuffle_of_many_rows_repeats_none),
        cmocka_unit_test(shuffle_differs_between_epochs_and_seeds),
        cmocka_unit_test(shuffle_puts_each_row_anywhere_alike),
        cmocka_unit_test(shuffle_of_five_rows_gives_every_order_about_alike),
        cmocka_unit_test(shuffle_has_no_correlation_from_row_to_row),
        cmocka_unit_test(batches_of_an_epoch_hold_each_row_once_ascending),
        cmocka_unit_test(batch_holds_the_rows_of_its_places_in_the_order),
        cmocka_unit_test(batch_of_the_greatest_size_is_sorted),
        cmocka_unit_test(split_keeps_and_holds_out_each_row_once),
        cmocka_unit_test(split_without_a_share_trains_on_batches_of_all_rows),
        cmocka_unit_test(split_leaves_a_row_on_either_side),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
