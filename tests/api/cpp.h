/* What the C++ tests share. cmocka's longjmp would skip destructors. */
#ifndef API_CPP_H
#define API_CPP_H

#include <genmod/genmod.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

/* Ends the program and names the line unless truth holds. */
#define CHECK(truth) check((truth), #truth, __LINE__)

inline void check(bool truth, const char *what, int line)
{
    if (!truth) {
        std::fprintf(stderr, "line %d: %s\n", line, what);
        std::exit(1);
    }
}

/* n rows of two columns about (0, 0) and (8, 4), and of three that hang on two.
 */
inline std::vector<double> clouds(size_t n)
{
    std::vector<double> x;
    for (size_t i = 0; i < n; i++) {
        x.push_back(std::sin(12.9898 * double(i)) + (i % 2 ? 8 : 0));
        x.push_back(std::cos(78.233 * double(i)) + (i % 2 ? 4 : 0));
    }
    return x;
}

#endif
