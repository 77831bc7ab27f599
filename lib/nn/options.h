/* The options and report entries that every trained family has, as rows of its
 * tables. */
#ifndef NN_OPTIONS_H
#define NN_OPTIONS_H

#define NN_OPTIONS                                                            \
    {"batch_size", BASE_I64, 0, "128", 1, 65536, NULL, "rows",                \
     "Rows of a minibatch; the last of an epoch may have fewer."},            \
    {"epochs", BASE_I64, 0, "20", 1, 1e9, NULL, "passes",                     \
     "Passes over the training rows in one call of fit."},                    \
    {"seed", BASE_I64, 0, "0", 0, 9e15, NULL, "",                             \
     "Of first weights, order of rows, noise and dropout."},                  \
    {"warm_start", BASE_I64, 0, "0", 0, 1, NULL, "",                          \
     "1: fit goes on from where the model stands."},                          \
    {"validation", BASE_F64, 0, "0", 0, 0.9, NULL, "share",                   \
     "Rows held out where fit is given no held-out data."},                   \
    {"patience", BASE_I64, 0, "0", 0, 1e9, NULL, "passes",                    \
     "Passes without a better held-out loss that end training; 0: none do."}, \
    {"min_delta", BASE_F64, 0, "0", 0, 1e300, NULL, "loss",                   \
     "By how much a held-out loss must fall to count as better."},            \
    {"divergence", BASE_F64, 0, "1000", 2, 1e300, NULL, "",                   \
     "A loss above so many times the first pass's median is an error."},      \
    {"optimiser", BASE_STR, 0, "adam", 0, 0, "adam|adamw|sgd|rmsprop", "",    \
     "How the gradient moves the weights."},                                  \
    {"learning_rate", BASE_F64, 0, "0.001", 0, 1e6, NULL, "",                 \
     "Step of the optimiser, before its schedule."},                          \
    {"momentum", BASE_F64, 0, "0.9", 0, 0.999999, NULL, "",                   \
     "Of sgd and rmsprop."},                                                  \
    {"nesterov", BASE_I64, 0, "0", 0, 1, NULL, "",                            \
     "1: sgd looks ahead."},                                                  \
    {"beta1", BASE_F64, 0, "0.9", 0, 0.999999, NULL, "",                      \
     "Decay of the first moment, of adam and adamw."},                        \
    {"beta2", BASE_F64, 0, "0.999", 0, 0.999999999, NULL, "",                 \
     "Decay of the second moment, of adam, adamw and rmsprop."},              \
    {"epsilon", BASE_F64, 0, "1e-8", 1e-30, 1, NULL, "",                      \
     "Added to the root of the second moment."},                              \
    {"weight_decay", BASE_F64, 0, "0", 0, 1e6, NULL, "",                      \
     "Pull of the weights to 0: decoupled for adamw, in the gradient else."}, \
    {"clip_norm", BASE_F64, 0, "0", 0, 1e300, NULL, "",                       \
     "Most norm of the whole gradient; 0: no bound."},                        \
    {"average", BASE_F64, 1, "0", 0, 0.999999999, NULL, "",                   \
     "Decay of the averaged weights that the model then uses; 0: none."},     \
    {"schedule", BASE_STR, 0, "constant", 0, 0, "constant|step|cosine", "",   \
     "Of the learning rate."},                                                \
    {"schedule_steps", BASE_I64, 0, "1000", 1, 1e15, NULL, "updates",         \
     "Length of a step, or of the cosine's fall."},                           \
    {"schedule_factor", BASE_F64, 0, "0.1", 0, 1, NULL, "",                   \
     "Of the rate after a step, or at the cosine's end."},                    \
    {"warmup_steps", BASE_I64, 0, "0", 0, 1e15, NULL, "updates",              \
     "Updates over which the rate rises to its value."}

#define NN_ENTRIES                                                         \
    {"loss", 0, "", "Mean loss a row of the last update."},                \
    {"epoch_loss", 0, "", "Mean loss a row over the last whole pass."},    \
    {"validation_loss", 0, "", "Mean loss a row of the held-out rows."},   \
    {"best_loss", 0, "", "Least held-out loss so far."},                   \
    {"best_epoch", 0, "passes", "The pass after which it was so."},        \
    {"steps", 0, "updates", "Updates since the start."},                   \
    {"epochs", 0, "passes", "Whole passes since the start."},              \
    {"learning_rate", 0, "", "Of the last update."},                       \
    {"gradient_norm", 0, "", "Of the last update, before it was clipped."}, \
    {"stopped_early", 0, "", "1: patience ended training."},               \
    {"parameters", 0, "", "Trained numbers."},                             \
    {"loss_history", 1, "", "Mean loss a row of each pass."},              \
    {"validation_history", 1, "", "Held-out loss after each pass."}

#endif
