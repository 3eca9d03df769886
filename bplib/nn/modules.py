"""A layer is an object with parameters that is called on a tensor; a net is layers in a row. Chapter 05."""

from itertools import pairwise

from ..backend import to_device
from ..functional import gelu, linear, linear_relu
from ..matrix import Tensor
from . import init as initial


class Module:
    """What layers share: finding parameters, switching between training and use, moving to a device.

    Tensors and modules among an instance's attributes (also in lists) belong to it; a subclass defines `__call__`.
    """

    training = True

    def _parts(self):
        for value in vars(self).values():
            yield from value if isinstance(value, (list, tuple)) else (value,)

    def modules(self):
        """This module and all below it."""
        found = [self]
        for part in self._parts():
            if isinstance(part, Module):
                found += part.modules()
        return list(dict.fromkeys(found))

    def parameters(self):
        """The tensors with requires_grad=True, each once.

        >>> import numpy as np
        >>> [p.shape for p in Linear(3, 2, rng=np.random.default_rng(0)).parameters()]
        [(2, 3), (2,)]
        """
        tensors = (part for module in self.modules() for part in module._parts() if isinstance(part, Tensor))
        return list(dict.fromkeys(tensor for tensor in tensors if tensor.requires_grad))

    def train(self, mode=True):
        """Switch to training, or with `mode=False` to use: batch norm tells the two apart. Returns the module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self):
        """Switch to use. Returns the module."""
        return self.train(False)

    def to(self, xp, device=None):
        """Move all tensors to another array library and device, as with `net.to(cupy)`. Returns the module."""
        moved = {}  # a tensor that two modules share stays one

        def there(value):
            if isinstance(value, (list, tuple)):
                return type(value)(map(there, value))
            if isinstance(value, Tensor) and value not in moved:
                moved[value] = Tensor(to_device(value._ground, xp, device), value.requires_grad)
            return moved[value] if isinstance(value, Tensor) else value

        for module in self.modules():
            for name, value in vars(module).items():
                setattr(module, name, there(value))
        return self


class Linear(Module):
    """Z = X Wᵀ + b with W of shape (n_out, n_in) and b of shape (n_out,), which starts at zero.

    >>> import numpy as np
    >>> layer = Linear(3, 2, rng=np.random.default_rng(0))
    >>> layer(np.ones((5, 3))).shape
    (5, 2)

    `init` is one of `bplib.nn.init` or a function like them. Equations (eq-04-batch), (eq-04-batch-parameters).
    """

    def __init__(self, n_in, n_out, *, rng, init=initial.xavier, bias=True, dtype="float64"):
        W = init((n_out, n_in), rng, dtype)
        self.W = Tensor(W, requires_grad=True)
        self.b = Tensor(0 * W[:, 0], requires_grad=True) if bias else None

    def __call__(self, x):
        """What the layer makes of x."""
        return linear(x, self.W, self.b)


class _Activation(Module):
    def __call__(self, x):
        """What the layer makes of x."""
        return getattr(x, self.name)()


class ReLU(_Activation):
    """max(x, 0)."""

    name = "relu"


class LeakyReLU(Module):
    """x where x > 0, and slope · x elsewhere, so that no unit is ever silent. Source: Maas et al., 2013.

    >>> LeakyReLU(0.1)(Tensor([-1.0, 2.0])).data
    array([-0.1,  2. ])
    """

    def __init__(self, slope=0.01):
        self.slope = slope

    def __call__(self, x):
        """What the layer makes of x."""
        x = x if isinstance(x, Tensor) else Tensor(x)
        return self.slope * x + (1 - self.slope) * x.relu()


class Tanh(_Activation):
    """The hyperbolic tangent."""

    name = "tanh"


class Sigmoid(_Activation):
    """1/(1 + e⁻ˣ): equation (eq-03-sigmoid), with the slope (eq-03-slope)."""

    name = "sigmoid"


class GELU(Module):
    """x Φ(x), by its approximation with tanh."""

    def __call__(self, x):
        """What the layer makes of x."""
        return gelu(x)


class Residual(Module):
    """x + scale · f(x), for a module f whose results have the shape of x: (eq-07-shortcut). Source: He et al., 2016."""

    def __init__(self, module, scale=1.0):
        self.module, self.scale = module, scale

    def __call__(self, x):
        """What the layer makes of x."""
        change = self.module(x)
        return x + (change if self.scale == 1 else self.scale * change)


class Sequential(Module):
    """Layers one after the other. A Linear followed by a ReLU runs as the one operation `linear_relu`.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> net = Sequential(Linear(2, 4, rng=rng), Tanh(), Linear(4, 1, rng=rng))
    >>> net(Tensor([[0.0, 1.0]])).shape
    (1, 1)
    """

    def __init__(self, *layers):
        self.layers = layers
        fused = [type(one) is Linear and type(next_) is ReLU for one, next_ in pairwise((*layers, None))]
        # each layer, and whether the relu behind it is done with it; that relu itself is left out
        self._plan = [(one, f) for one, f, done in zip(layers, fused, (False, *fused), strict=False) if not done]

    def __call__(self, x):
        """What the last layer makes of x."""
        for layer, fused in self._plan:
            x = linear_relu(x, layer.W, layer.b) if fused else layer(x)
        return x

    def __getitem__(self, index):
        return Sequential(*self.layers[index]) if isinstance(index, slice) else self.layers[index]

    def __len__(self):
        return len(self.layers)
