/* What an optimiser's kernel is told. */
#ifndef KERN_TRAIN_H
#define KERN_TRAIN_H

/* g' = scale g (+ l2 w); then, all in the type of the table:
 *
 * sgd       m = momentum m + g';  w -= rate (nesterov ? g' + momentum m : m)
 * adam      m += (1 - beta1) (g' - m);  v += (1 - beta2) (g'^2 - v)
 *           w -= rate decay w;  w -= step m / (sqrt(v) root + epsilon)
 * rmsprop   v += (1 - beta2) (g'^2 - v);  m = momentum m + g' / (sqrt(v) +
 *           epsilon);  w -= rate m
 *
 * where v counts as 2^-110 at least (doubles: 2^-990), far below the square of
 * an epsilon above 1e-15, and an m smaller than that becomes 0: moments do not
 * go subnormal;
 * with step = rate / (1 - beta1^t) and root = 1 / sqrt(1 - beta2^t) of update
 * number t = 1, 2, … (Kingma, Ba 2015, algorithm 1; Loshchilov, Hutter 2019 for
 * decay). */
typedef struct kern_update {
    double rate, scale, l2, decay;
    double momentum, beta1, beta2, epsilon;
    double step, root;
    int nesterov;
} kern_update;

#endif
