/* The C++ headers where nothing is thrown: calls return what they came to. */
#include "cpp.h"

#include <cstring>

using namespace genmod;

static void failures_are_returned_with_code_and_text()
{
    result<config> c = gmm::options();
    CHECK(c.ok() && c.code() == GENMOD_OK && c.value());
    const result<> s = c->set("componets", 2);
    CHECK(!s.ok() && s.code() == GENMOD_BAD_ARGUMENT);
    CHECK(std::strstr(s.what(), "components"));
    result<gmm> m = gmm::make(*c);
    const result<saved> file = m->save();
    CHECK(file.code() == GENMOD_NOT_FITTED && *file.what());
    CHECK(context::make()->set_threads(0).code() == GENMOD_BAD_ARGUMENT);
    CHECK(std::strstr(context::make()->set_threads(0).what(), "argument"));
}

static void values_are_where_the_call_succeeded()
{
    const std::vector<double> rows = clouds(200);
    workspace w = std::move(*workspace::make());
    data x = std::move(*data::make(w));
    CHECK(x.set_rows(rows, 2, w).ok());
    gmm m = std::move(*gmm::make(w));
    CHECK(m.fit(x, w).ok());
    result<double> v = m.log_likelihood(x, w);
    double right = 0;
    CHECK(gmm_log_likelihood(m.get(), x.get(), &right, nullptr) == GENMOD_OK);
    CHECK(v.ok() && *v == right);
    result<std::vector<double>> means = m.get_params(GMM_MEANS, w);
    CHECK(means.ok() && means->size() == 2 * m.components());
    CHECK(m.get_params("meens", w).value().empty());
    const double p[] = {0.25, 0.75}, q[] = {1};
    CHECK(*discrete_entropy(p, GENMOD_BITS) > 0);
    CHECK(discrete_kl(p, q, GENMOD_BITS).code() == GENMOD_BAD_ARGUMENT);
    CHECK(m.set_params(p, q, q).code() == GENMOD_BAD_ARGUMENT);
}

static void callbacks_say_no_by_a_number()
{
    const std::vector<double> rows = clouds(200);
    data x = std::move(*data::make());
    gmm m = std::move(*gmm::make());
    CHECK(x.set_source(GENMOD_F64, 200, 2, [&](const request &r) {
               for (size_t i = 0; i < r.rows.size() * 2; i++)
                   r.as<double>()[i] = rows[size_t(r.rows[i / 2]) * 2 + i % 2];
               return 0;
           }).ok());
    CHECK(m.fit(x, [](const report &) { return -7; }).code() ==
          GENMOD_CALLBACK);
    CHECK(m.fit(x).ok());
}

int main()
{
    failures_are_returned_with_code_and_text();
    values_are_where_the_call_succeeded();
    callbacks_say_no_by_a_number();
    return 0;
}
