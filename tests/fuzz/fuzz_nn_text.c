/* Parses any text as a network. What parses must have a canonical text that
 * parses to the same text, and its mirror image, where there is one, must lead
 * back to the input's size. */
#include "fuzz/fuzz.h"
#include "nn/nn.h"

static char *text_of(int32_t (*get)(const nn_net *, size_t, char *, size_t *,
                                    genmod_workspace *),
                     const nn_net *net, genmod_workspace *w)
{
    size_t need = 0;
    if (get(net, 0, NULL, &need, w) != GENMOD_TOO_SMALL)
        return NULL;
    char *const out = malloc(need);
    expect(out && get(net, need, out, NULL, w) == 0);
    return out;
}

static void check_again(const nn_net *net, const nn_size *in,
                        genmod_workspace *w)
{
    nn_net *again = NULL;
    char *const text = text_of(nn_net_text, net, w);
    expect(text && nn_parse("text", text, in, &again, w) == 0);
    char *const same = text_of(nn_net_text, again, w);
    expect(same && strcmp(text, same) == 0);
    nn_net_free(again);
    free(same);
    free(text);
}

static void check_mirror(const nn_net *net, genmod_workspace *w)
{
    nn_net *back = NULL;
    char *const text = text_of(nn_net_mirror, net, w);
    if (!text)
        return;
    expect(nn_parse("mirror", text, nn_net_output(net), &back, w) == 0);
    expect(nn_size_elements(nn_net_output(back)) ==
           nn_size_elements(nn_net_input(net)));
    nn_net_free(back);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char *const sizes[] = {"7", "2x9x6"};
    char *const text = malloc(n + 1);
    expect(text != NULL);
    memcpy(text, bytes, n);
    text[n] = 0;
    for (int i = 0; i < 2; i++) {
        base_call call;
        nn_size in;
        nn_net *net = NULL;
        genmod_workspace *const v = base_enter(&call, workspace(), NULL);
        expect(v && nn_size_parse("input", sizes[i], &in, v) == 0);
        const int32_t status = nn_parse("text", text, &in, &net, v);
        if (status == 0) {
            check_again(net, &in, v);
            check_mirror(net, v);
        } else {
            expect(!net && *genmod_workspace_error(v));
        }
        nn_net_free(net);
        base_leave(&call, status);
    }
    free(text);
    return 0;
}
