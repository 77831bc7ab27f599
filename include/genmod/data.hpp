/** @file data.hpp
 * Views of data.h. What a method does, takes and refuses stands at the C
 * function that it is named after.
 */
#ifndef GENMOD_DATA_HPP
#define GENMOD_DATA_HPP

#include "base.hpp"

namespace genmod
{
#ifdef GENMOD_NO_EXCEPTIONS
inline namespace returning
#else
inline namespace throwing
#endif
{

/** The rows that a row source is asked for, and where they go. */
struct request {
    span<const int64_t> rows; /**< [n] their numbers */
    void *x;                  /**< [n, d] to be filled, of the view's type */
    span<double> weights;     /**< [n] ones: overwrite for a weighted fit */
    span<int32_t> labels;     /**< [n] -1: overwrite for a fit from labels */
    /** x as what it is: float, double or uint8_t. */
    template <class T> T *as() const noexcept
    {
        return static_cast<T *>(x);
    }
};

/** A row source: 0, or < 0 to end the call with GENMOD_CALLBACK. What it throws
 * comes out of the call that asked. */
typedef std::function<int32_t(const request &)> source;

namespace detail
{
class feeder : public carrier
{
  public:
    explicit feeder(source s) : given(std::move(s))
    {
    }
    static int32_t read(size_t n, const int64_t *rows, void *x, double *weights,
                        int32_t *labels, void *user) noexcept
    {
        feeder &f = *static_cast<feeder *>(static_cast<carrier *>(user));
        const request r = {{rows, n}, x, {weights, n}, {labels, n}};
        return f.guard([&] { return f.given(r); });
    }

  private:
    source given;
};
} // namespace detail

/** A view of rows, which are borrowed: they stay the caller's, and must stay.
 */
class data : public handle<genmod_data>
{
  public:
    using handle::handle;
    static result<data> make(const call &w = call())
    {
        return detail::made<data, genmod_data>(w, genmod_data_new);
    }
    /** As genmod_data_set_rows(): dense rows, as many as fill x to its end. */
    result<> set_rows(const input &x, size_t d, const call &w = call())
    {
        if (d && x.size() % d)
            return detail::refuse("x: its elements do not make whole rows");
        return set_rows(x, d ? x.size() / d : 0, d, 0, 0, w);
    }
    /** Strides in elements, >= 0 here, both 0 for dense rows. */
    result<> set_rows(const input &x, size_t n, size_t d, size_t row_stride,
                      size_t col_stride, const call &w = call())
    {
        const size_t by_row = row_stride || col_stride ? row_stride : d;
        const size_t by_col = row_stride || col_stride ? col_stride : 1;
        if (n && d && (n - 1) * by_row + (d - 1) * by_col >= x.size())
            return detail::refuse("x: fewer elements than the rows take");
        return pointed(d, w,
                       detail::invoke(w, genmod_data_set_rows, get(), x.type(),
                                      n, d, x.data(), int64_t(row_stride),
                                      int64_t(col_stride)));
    }
    /** The address of a DLTensor; borrowed. */
    result<> set_dlpack(const void *tensor, const call &w = call())
    {
        return pointed(
            0, w, detail::invoke(w, genmod_data_set_dlpack, get(), tensor));
    }
    /** Keeps s. type is what s writes: GENMOD_F32, GENMOD_F64 or GENMOD_U8. */
    result<> set_source(int32_t type, size_t n, size_t d, source s,
                        const call &w = call())
    {
        std::unique_ptr<detail::feeder> f(new detail::feeder(std::move(s)));
        detail::carrier *const user = f.get();
        const int32_t code =
            detail::invoke(w, genmod_data_set_source, get(), type, n, d,
                           detail::feeder::read, static_cast<void *>(user));
        if (code == GENMOD_OK)
            feed = std::move(f);
        return pointed(d, w, code);
    }
    /** Columns of the rows; 0 where a tensor alone knows them. */
    size_t columns() const noexcept
    {
        return width;
    }
    result<> set_scale(double scale, double shift, const call &w = call())
    {
        return detail::plain(w, genmod_data_set_scale, get(), scale, shift);
    }
    /** Levels may be empty where no column is categorical. */
    result<> set_schema(span<const int32_t> kinds, span<const int32_t> levels,
                        const call &w = call())
    {
        if (levels.size() && levels.size() != kinds.size())
            return detail::refuse("levels: not as many as kinds");
        return detail::plain(w, genmod_data_set_schema, get(), kinds.size(),
                             kinds.data(), levels.data());
    }
    result<> set_missing(bool allowed, const call &w = call())
    {
        return detail::plain(w, genmod_data_set_missing, get(),
                             int32_t(allowed));
    }
    /** Borrowed, too; nullptr for exact cells. */
    result<> set_noise(const data *noise, const call &w = call())
    {
        return detail::plain(w, genmod_data_set_noise, get(), noise);
    }
    result<> set_weights(span<const double> v, const call &w = call())
    {
        return detail::plain(w, genmod_data_set_weights, get(), v.size(),
                             v.data());
    }
    result<> set_labels(span<const int32_t> v, const call &w = call())
    {
        return detail::plain(w, genmod_data_set_labels, get(), v.size(),
                             v.data());
    }

  private:
    result<> pointed(size_t count, const call &w, int32_t code)
    {
        if (code == GENMOD_OK)
            width = count;
        return detail::give(code, w.text());
    }
    friend void detail::rethrow(const data &x);
    std::unique_ptr<detail::feeder> feed;
    size_t width = 0;
};

namespace detail
{
inline const genmod_data *raw(const data &x)
{
    return x.get();
}
inline const genmod_data *raw(const data *x)
{
    return x ? x->get() : nullptr;
}
inline void rethrow(const data &x)
{
    if (x.feed)
        x.feed->rethrow();
}
inline void rethrow(const data *const &x)
{
    if (x)
        rethrow(*x);
}
} // namespace detail

} // namespace throwing, returning
} // namespace genmod

#endif
