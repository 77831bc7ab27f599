"""Writes torch_reference.h: inputs, weights, gradients and running statistics
of a small network as PyTorch computes them in float32, in libgenmod's layouts.

    python torch_reference.py > torch_reference.h
"""
import textwrap

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(2385)
torch.set_num_threads(1)

ROWS = 4
conv = nn.Conv2d(2, 3, 3, stride=2, padding=1, bias=False)
batch = nn.BatchNorm2d(3)
dense = nn.Linear(27, 16)
layer = nn.LayerNorm(16)
deconv = nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1)
for norm in (batch, layer):
    nn.init.uniform_(norm.weight, 0.5, 1.5)
    nn.init.uniform_(norm.bias, -0.5, 0.5)

x = torch.randn(ROWS, 2, 6, 6, requires_grad=True)
target = torch.randn(ROWS, 2, 4, 4)

# Columns between an image and a dense layer are [h, w, c].
h = F.leaky_relu(batch(conv(x)), 0.2)
h = dense(h.permute(0, 2, 3, 1).reshape(ROWS, 27))
h = F.leaky_relu(layer(h), 0.2)
y = deconv(h.reshape(ROWS, 2, 2, 4).permute(0, 3, 1, 2))
loss = ((y - target) ** 2).sum() / ROWS
loss.backward()


def image(v):
    return v.permute(0, 2, 3, 1)


def filters(v):
    return v.permute(2, 3, 1, 0)


def same(v):
    return v


def emit(name, v):
    values = ["%.9gf" % n if "." in "%.9g" % n or "e" in "%.9g" % n
              else "%.1ff" % n for n in v.detach().flatten().tolist()]
    print("static const float torch_%s[] = {" % name)
    print(textwrap.fill(", ".join(values), 80, initial_indent="    ",
                        subsequent_indent="    "))
    print("};\n")


print("/* Made by torch_reference.py with PyTorch %s; do not edit. */"
      % torch.__version__.split("+")[0])
print("#ifndef TORCH_REFERENCE_H\n#define TORCH_REFERENCE_H\n")
print("#define TORCH_ROWS %d\n" % ROWS)
emit("x", image(x))
emit("dx", image(x.grad))
emit("target", image(target))
emit("y", image(y))
emit("loss", loss)
for name, module, turn in (("conv", conv, filters), ("batch", batch, same),
                           ("dense", dense, torch.t), ("layer", layer, same),
                           ("deconv", deconv, filters)):
    emit(name + "_weight", turn(module.weight))
    emit("d" + name + "_weight", turn(module.weight.grad))
    if module.bias is not None:
        emit(name + "_bias", module.bias)
        emit("d" + name + "_bias", module.bias.grad)
emit("running_mean", batch.running_mean)
emit("running_variance", batch.running_var)
print("#endif")
