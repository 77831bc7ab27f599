#include "codec/internal.h"

#include <string.h>

#define LETTERS 16 /* the longest word that the format knows, and its end */

/* The header is read twice by the same code: first counted, with the arrays
 * NULL, then, once there is room for exactly what was counted, filled in. A
 * third time finds the position of a name's second use. */
typedef struct reader {
    codec_json json;
    const unsigned char *data;
    size_t size;           /* bytes at data */
    codec_tensor *tensors; /* NULL while counting */
    codec_text *texts;
    char *pool; /* decoded strings */
    size_t n_tensors, n_texts, pooled, cap;
    size_t twin_tensor, twin_text; /* SIZE_MAX, or the number to stop at */
    size_t hole; /* position of the checksum's digits; 0: none */
    int32_t has_metadata;
} reader;

/* A string into the pool. */
static int32_t take_pooled(reader *r, const char **out)
{
    char *const at = r->pool ? r->pool + r->pooled : NULL;
    size_t bytes;
    const int32_t status = codec_json_string(
        &r->json, r->pool ? r->cap - r->pooled : 0, at, &bytes);
    if (status)
        return status;
    r->pooled += bytes;
    *out = at;
    return GENMOD_OK;
}

/* A short word; "" stands for one that is too long to be known. */
static int32_t take_word(codec_json *j, char out[LETTERS])
{
    size_t bytes;
    const int32_t status = codec_json_string(j, LETTERS, out, &bytes);
    if (status)
        return status;
    if (bytes > LETTERS)
        out[0] = 0;
    return GENMOD_OK;
}

/* The digits are hashed as they stand in the file, so they are read there. */
static int32_t note_checksum(reader *r, size_t quote)
{
    const codec_json *const j = &r->json;
    const unsigned char *const digits = j->bytes + quote + 1;
    int known = j->at - quote == CODEC_DIGITS + 2;
    for (size_t i = 0; known && i < CODEC_DIGITS; i++)
        known = (digits[i] >= '0' && digits[i] <= '9') ||
                (digits[i] >= 'a' && digits[i] <= 'f');
    if (!known)
        return codec_json_fail(j, quote, "a checksum has 16 lower-case digits");
    r->hole = quote + 1;
    return GENMOD_OK;
}

/* One "key":"value". */
static int32_t read_text(reader *r)
{
    codec_json *const j = &r->json;
    codec_text text;
    char word[LETTERS];
    codec_json_space(j);
    const size_t start = j->at;
    if (r->n_texts == r->twin_text)
        return codec_json_fail(j, start, "a key for the second time");
    int32_t status = take_word(j, word);
    if (status)
        return status;
    j->at = start;
    status = take_pooled(r, &text.key);
    if (!status)
        status = codec_json_take(j, ':');
    codec_json_space(j);
    const size_t quote = j->at;
    if (!status)
        status = take_pooled(r, &text.value);
    if (!status && base_same(word, CODEC_CHECKSUM))
        status = note_checksum(r, quote);
    if (status)
        return status;
    if (r->texts)
        r->texts[r->n_texts] = text;
    r->n_texts++;
    return GENMOD_OK;
}

static int32_t read_metadata(reader *r, size_t start)
{
    codec_json *const j = &r->json;
    if (r->has_metadata)
        return codec_json_fail(j, start, "metadata for the second time");
    r->has_metadata = 1;
    int32_t status = codec_json_take(j, '{');
    if (status)
        return status;
    codec_json_space(j);
    if (j->at < j->end && j->bytes[j->at] == '}') {
        j->at++;
        return GENMOD_OK;
    }
    for (int more = 1; more;) {
        status = read_text(r);
        if (!status)
            status = codec_json_more(j, '}', &more);
        if (status)
            return status;
    }
    return GENMOD_OK;
}

static int32_t read_type(codec_json *j, int32_t *type)
{
    char word[LETTERS];
    codec_json_space(j);
    const size_t start = j->at;
    int32_t status = take_word(j, word);
    if (status)
        return status;
    status = codec_type_of(word, type);
    if (status == GENMOD_UNSUPPORTED)
        return base_fail(j->w, status,
                         "byte %u: tensors of type %s are not supported",
                         (uint64_t)start, word);
    if (status)
        return codec_json_fail(j, start, "an unknown type");
    return GENMOD_OK;
}

/* At most `cap` numbers in brackets. */
static int32_t read_numbers(codec_json *j, size_t cap, uint64_t *out, size_t *n)
{
    int32_t status = codec_json_take(j, '[');
    if (status)
        return status;
    *n = 0;
    codec_json_space(j);
    if (j->at < j->end && j->bytes[j->at] == ']') {
        j->at++;
        return GENMOD_OK;
    }
    for (int more = 1; more;) {
        uint64_t v;
        codec_json_space(j);
        const size_t start = j->at;
        status = codec_json_u64(j, &v);
        if (status)
            return status;
        if (*n == cap)
            return base_fail(j->w, GENMOD_UNSUPPORTED,
                             "byte %u: more than %u numbers", (uint64_t)start,
                             (uint64_t)cap);
        out[(*n)++] = v;
        status = codec_json_more(j, ']', &more);
        if (status)
            return status;
    }
    return GENMOD_OK;
}

/* What a tensor's entry says, and which of its three members were there. */
typedef struct entry {
    codec_tensor tensor;
    uint64_t offsets[2];
    size_t offsets_at;
    int have;
} entry;

#define HAVE_TYPE 1
#define HAVE_SHAPE 2
#define HAVE_OFFSETS 4

static int32_t read_offsets(codec_json *j, entry *e)
{
    size_t n;
    codec_json_space(j);
    e->offsets_at = j->at;
    const int32_t status = read_numbers(j, 2, e->offsets, &n);
    if (status == GENMOD_UNSUPPORTED || (!status && n != 2))
        return codec_json_fail(j, e->offsets_at, "offsets are two numbers");
    return status;
}

static int32_t read_member(codec_json *j, entry *e)
{
    char word[LETTERS];
    codec_json_space(j);
    const size_t start = j->at;
    int32_t status = take_word(j, word);
    if (status)
        return status;
    const int member = base_same(word, "dtype")          ? HAVE_TYPE
                       : base_same(word, "shape")        ? HAVE_SHAPE
                       : base_same(word, "data_offsets") ? HAVE_OFFSETS
                                                         : 0;
    if (member == 0)
        return codec_json_fail(j, start, "an unknown member of a tensor");
    if (e->have & member)
        return codec_json_fail(j, start, "a member for the second time");
    e->have |= member;
    status = codec_json_take(j, ':');
    if (status)
        return status;
    if (member == HAVE_TYPE)
        return read_type(j, &e->tensor.type);
    if (member == HAVE_OFFSETS)
        return read_offsets(j, e);
    size_t rank;
    status = read_numbers(j, CODEC_MAX_RANK, e->tensor.shape, &rank);
    if (!status)
        e->tensor.rank = (int32_t)rank;
    return status;
}

/* The product of the sizes, a zero among them left out first: whatever is
 * computed from a shape later on cannot overflow in any order. */
static int32_t check_extent(const reader *r, const entry *e)
{
    const codec_tensor *const t = &e->tensor;
    uint64_t bytes = codec_type_bytes(t->type);
    for (int32_t i = 0; i < t->rank; i++) {
        const uint64_t extent = t->shape[i] ? t->shape[i] : 1;
        if (bytes > UINT64_MAX / extent)
            return codec_json_fail(&r->json, e->offsets_at,
                                   "a shape of 2^64 bytes or more");
        bytes *= extent;
    }
    if (codec_elements(t) == 0)
        bytes = 0;
    if (e->offsets[0] > e->offsets[1] || e->offsets[1] > r->size)
        return codec_json_fail(&r->json, e->offsets_at,
                               "offsets outside the data");
    if (e->offsets[1] - e->offsets[0] != bytes)
        return codec_json_fail(&r->json, e->offsets_at,
                               "offsets that do not fit type and shape");
    return GENMOD_OK;
}

/* The object after a tensor's name. */
static int32_t read_entry(reader *r, const char *name)
{
    codec_json *const j = &r->json;
    entry e = {{name, 0, 0, {0}, NULL}, {0, 0}, 0, 0};
    int32_t status = codec_json_take(j, '{');
    for (int more = 1; more && !status;) {
        status = read_member(j, &e);
        if (!status)
            status = codec_json_more(j, '}', &more);
    }
    if (status)
        return status;
    if (e.have != (HAVE_TYPE | HAVE_SHAPE | HAVE_OFFSETS))
        return codec_json_fail(j, j->at - 1,
                               "dtype, shape or data_offsets is missing");
    status = check_extent(r, &e);
    if (status)
        return status;
    e.tensor.data = r->data + e.offsets[0];
    if (r->tensors)
        r->tensors[r->n_tensors] = e.tensor;
    r->n_tensors++;
    return GENMOD_OK;
}

/* One "name":{…}, be it a tensor or the metadata. */
static int32_t read_item(reader *r)
{
    codec_json *const j = &r->json;
    char word[LETTERS];
    const char *name;
    codec_json_space(j);
    const size_t start = j->at;
    int32_t status = take_word(j, word);
    if (status)
        return status;
    if (base_same(word, CODEC_METADATA)) {
        status = codec_json_take(j, ':');
        return status ? status : read_metadata(r, start);
    }
    if (r->n_tensors == r->twin_tensor)
        return codec_json_fail(j, start, "a name for the second time");
    j->at = start;
    status = take_pooled(r, &name);
    if (!status)
        status = codec_json_take(j, ':');
    return status ? status : read_entry(r, name);
}

static int32_t read_header(reader *r)
{
    codec_json *const j = &r->json;
    j->at = 8;
    r->n_tensors = r->n_texts = r->pooled = r->hole = 0;
    r->has_metadata = 0;
    if (j->end == j->at || j->bytes[j->at] != '{')
        return codec_json_fail(j, j->at, "the header starts with '{'");
    j->at++;
    codec_json_space(j);
    int more = j->at == j->end || j->bytes[j->at] != '}';
    j->at += !more;
    while (more) {
        int32_t status = read_item(r);
        if (!status)
            status = codec_json_more(j, '}', &more);
        if (status)
            return status;
    }
    for (; j->at < j->end; j->at++)
        if (j->bytes[j->at] != ' ')
            return codec_json_fail(j, j->at, "only spaces follow the header");
    return GENMOD_OK;
}

/* One block for all: 88 bytes and a number for a tensor, whose entry takes 49
 * at least, and 16 and a number for a text, which takes 6; a decoded string and
 * its zero byte are no longer than the string in quotes. So the index is less
 * than four times the header. */
static int32_t allocate(reader *r, codec_file **out)
{
    const size_t tensors = r->n_tensors * sizeof *r->tensors;
    const size_t texts = r->n_texts * sizeof *r->texts;
    const size_t numbers = (r->n_tensors + r->n_texts) * sizeof(uint32_t);
    unsigned char *const block = base_scratch(
        r->json.w, tensors + texts + sizeof **out + numbers + r->pooled, 1);
    if (!block)
        return base_status(r->json.w);
    codec_file *const f = (codec_file *)(void *)(block + tensors + texts);
    r->tensors = (codec_tensor *)(void *)block;
    r->texts = (codec_text *)(void *)(block + tensors);
    f->tensors = r->tensors;
    f->texts = r->texts;
    f->tensor_order = (uint32_t *)(void *)(f + 1);
    f->text_order = f->tensor_order + r->n_tensors;
    f->n_tensors = r->n_tensors;
    f->n_texts = r->n_texts;
    r->pool = (char *)(f->text_order + r->n_texts);
    r->cap = r->pooled;
    *out = f;
    return GENMOD_OK;
}

/* Every byte of the data belongs to exactly one tensor. */
static int32_t check_cover(const reader *r, const codec_file *f)
{
    const size_t base = (size_t)(r->data - r->json.bytes);
    size_t end = 0;
    codec_order_data(f);
    for (size_t i = 0; i < f->n_tensors; i++) {
        const codec_tensor *const t = &f->tensors[f->tensor_order[i]];
        const unsigned char *const data = t->data;
        const size_t begin = (size_t)(data - r->data);
        if (begin < end)
            return codec_json_fail(&r->json, base + begin,
                                   "data of two tensors");
        if (begin > end)
            break;
        end += (size_t)codec_elements(t) * codec_type_bytes(t->type);
    }
    if (end != r->size)
        return codec_json_fail(&r->json, base + end, "data of no tensor");
    return GENMOD_OK;
}

static int32_t check_twins(reader *r, const codec_file *f)
{
    codec_order_names(f);
    codec_order_keys(f);
    r->twin_tensor = codec_twin_name(f);
    r->twin_text = codec_twin_key(f);
    if (r->twin_tensor == SIZE_MAX && r->twin_text == SIZE_MAX)
        return GENMOD_OK;
    return read_header(r);
}

static int32_t check_digits(const reader *r, size_t n, int32_t need)
{
    unsigned char digits[CODEC_DIGITS];
    if (r->hole == 0)
        return need ? codec_json_fail(&r->json, 8, "there is no checksum")
                    : GENMOD_OK;
    codec_digits(codec_checksum(n, r->json.bytes, r->hole), digits);
    if (memcmp(digits, r->json.bytes + r->hole, CODEC_DIGITS) != 0)
        return codec_json_fail(&r->json, r->hole, "the checksum differs");
    return GENMOD_OK;
}

static int32_t check_length(size_t n, const unsigned char *bytes,
                            size_t *length, genmod_workspace *w)
{
    uint64_t v = 0;
    if (n < 8)
        return base_fail(w, GENMOD_BAD_BYTES,
                         "byte %u: the end; the header's length takes 8",
                         (uint64_t)n);
    for (size_t i = 8; i-- > 0;)
        v = v << 8 | bytes[i];
    if (v > CODEC_MAX_HEADER)
        return base_fail(w, GENMOD_BAD_BYTES,
                         "byte 0: a header of %u bytes; at most %u", v,
                         (uint64_t)CODEC_MAX_HEADER);
    if (v > n - 8)
        return base_fail(w, GENMOD_BAD_BYTES,
                         "byte 0: a header of %u bytes; there are %u", v,
                         (uint64_t)(n - 8));
    *length = (size_t)v;
    return GENMOD_OK;
}

int32_t codec_open(size_t n, const void *bytes, int32_t need_checksum,
                   const codec_file **out, genmod_workspace *w)
{
    size_t length = 0;
    codec_file *f = NULL;
    int32_t status = check_length(n, bytes, &length, w);
    if (status)
        return status;
    reader r = {.json = {bytes, 8, 8 + length, w},
                .data = (const unsigned char *)bytes + 8 + length,
                .size = n - 8 - length,
                .twin_tensor = SIZE_MAX,
                .twin_text = SIZE_MAX};
    status = read_header(&r);
    if (!status)
        status = allocate(&r, &f);
    if (!status)
        status = read_header(&r);
    if (!status)
        status = check_cover(&r, f);
    if (!status)
        status = check_twins(&r, f);
    if (!status)
        status = check_digits(&r, n, need_checksum);
    if (status)
        return status;
    *out = f;
    return GENMOD_OK;
}
