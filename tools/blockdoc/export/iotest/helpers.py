# SPDX-License-Identifier: GPL-2.0-or-later
"""Functions that an exported iotest carries with it, as source text.

iotests.py has most of what is needed; what it lacks stands here.  Each test gets those that
it uses, and is whole without the others.
"""

from typing import NamedTuple

__all__ = ["HELPERS", "Helper"]

_DAEMON = """\
class Daemon(iotests.QemuStorageDaemon):
    '''A storage daemon that is asked and logged as iotests.VM is'''

    def __init__(self, *args):
        self.events = []
        # Its warnings are no part of the log; iotests.VM keeps them, too.
        kept = {fd: os.dup(fd) for fd in (1, 2)}
        with open('daemon.log', 'wb') as printed:
            for fd in kept:
                os.dup2(printed.fileno(), fd)
            try:
                super().__init__(*args, qmp=True)
            finally:
                for fd, old in kept.items():
                    os.dup2(old, fd)
                    os.close(old)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._p is not None:
            self.stop()

    def wait(self):
        '''Wait for its end when it was asked to quit'''
        self._p.wait()
        try:
            self.stop()
        except EOFError:  # it has hung up
            pass

    def qmp_log(self, cmd, filters=(), **kwargs):
        full_cmd = OrderedDict((
            ('execute', cmd),
            ('arguments', iotests.ordered_qmp(kwargs))
        ))
        log(full_cmd, filters)
        args = {key.replace('_', '-'): val for key, val in kwargs.items()}
        log(self.qmp(cmd, args), filters)

    def event_wait(self, name, timeout=60.0, match=None):
        def is_meant(event):
            return (event['event'] == name
                    and iotests.VM.event_match(event, match))

        for event in self.events:
            if is_meant(event):
                self.events.remove(event)
                return event
        while True:
            event = self.get_qmp().pull_event(wait=timeout)
            if event is None or is_meant(event):
                return event
            self.events.append(event)
"""

_EVENT_LOG = """\
def event_log(_vm, name, filters=(), **data):
    '''Log the first event @name with @data that has come or will come'''
    data = {key.replace('_', '-'): val for key, val in data.items()}
    event = _vm.event_wait(name, match={'data': data} if data else None)
    log(event, filters=[iotests.filter_qmp_event, *filters])
"""

_LEFTOVERS = """\
def leftovers(_vm, *jobs, drop=False):
    '''Log the status changes of @jobs that nobody has waited for'''
    _vm.qmp('query-version')  # what happened before is here afterwards
    for job in jobs:
        match = {'data': {'id': job}}
        while event := _vm.event_wait('JOB_STATUS_CHANGE', 0, match):
            if not drop:
                log(event, filters=[iotests.filter_qmp_event])
"""

_SHOWN = """\
NAMES: Dict[str, Any] = {}


def fits(value, shape):
    '''Say whether @value has the values that @shape has'''
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            key is ... or key in value and fits(value[key], shape[key])
            for key in shape)
    if isinstance(shape, list):
        found = picked(value, shape)
        return found is not None and all(map(fits, found, shape))
    return shape in (..., '...', value) or str(shape).startswith('<')


def picked(value, shape):
    '''Find in @value what each entry of @shape is about'''
    if not isinstance(value, list):
        return None
    rest = list(value)
    found = []
    for place, entry in enumerate(shape):
        if entry is ...:
            found.append('...')
            continue
        if place and shape[place - 1] is ...:
            while rest and not fits(rest[0], entry):
                del rest[0]
        if not rest:
            return None
        found.append(rest.pop(0))
    return found if not rest or shape[-1:] == [...] else None


def shown(value, shape):
    '''Leave out of @value what @shape leaves out with "..."'''
    if isinstance(shape, dict) and isinstance(value, dict):
        return {key: shown(value[key], shape.get(key, ...))
                for key in value if key in shape or ... not in shape}
    if isinstance(shape, list):
        found = picked(value, shape)
        return value if found is None else list(map(shown, found, shape))
    if isinstance(shape, str) and shape.startswith('<'):
        return shape if NAMES.setdefault(shape, value) == value else value
    return shape if shape == '...' else value


def only(shape):
    '''Make a filter for answers and events that shows what @shape names'''
    return lambda msg: msg if 'execute' in msg else shown(msg, shape)
"""

_SENT = """\
def sent(msg):
    '''Filter: put the name in the place of a value that was sent by name'''
    def name_of(_, sent_value):
        return next((name for name, value in NAMES.items()
                     if value == sent_value), sent_value)

    return iotests.filter_qmp(msg, name_of) if 'execute' in msg else msg
"""

_GRAPH_LOG = """\
def graph_log(_vm):
    '''Log the nodes of the block graph, and who uses them, and how'''
    names = ('consistent-read', 'write', 'write-unchanged', 'resize')
    kinds = {'block-backend': 'backend ', 'block-job': 'job '}
    path = re.compile('^/machine/peripheral(-anon)?/|/virtio-backend$')

    def letters(held):
        return ''.join(letter if perm in held else '-'
                       for letter, perm in zip('rwus', names))

    def title(node):
        name = kinds.get(node['type'], '') + path.sub('', node['name'])
        return iotests.filter_generated_node_ids(name.strip())

    graph = _vm.qmp('x-debug-query-block-graph')['return']
    nodes = _vm.qmp('query-named-block-nodes', {'flat': True})['return']
    lines = [iotests.filter_generated_node_ids(node['node-name'])
             + ': ' + node['drv'] + (', ro' if node['ro'] else '')
             for node in nodes]
    titles = {node['id']: title(node) for node in graph['nodes']}
    edges = {(edge['parent'], edge['child'], edge['name'],
              letters(edge['perm']) + ' / ' + letters(edge['shared-perm']))
             for edge in graph['edges']}
    lines += [f'{titles[parent]} --{role}--> {titles[child]}: {perms}'
              for parent, child, role, perms in edges]
    log('\\n'.join(sorted(lines)))
"""

_TEXT_LOG = """\
def text_log(text, lines=(), filters=()):
    '''Log @text, or the lines of @lines if "..." in them is all it takes'''
    text = '\\n'.join(map(str.rstrip, text.splitlines())).rstrip('\\n')
    parts = [r'(.*\\n)*?' if line == '...' else
             '.*'.join(map(re.escape, line.split('...'))) + r'\\n'
             for line in lines]
    if lines and re.fullmatch(''.join(parts), text + '\\n'):
        text = '\\n'.join(lines)
    if text:
        log(text, filters=filters)
"""

_TOOL_LOG = """\
def tool_log(command, lines=(), filters=()):
    '''Run a tool, and log what it prints and its exit status'''
    log('$ ' + command)
    progs = {'qemu-img': iotests.qemu_img_args[0],
             'qemu-io': iotests.qemu_io_args[0]}
    tool, *args = shlex.split(command)
    done = iotests.qemu_tool(progs[tool], *args, check=False)
    text_log(done.stdout, lines, filters)
    if done.returncode:
        log(f'[exit status {done.returncode}]')
"""


class Helper(NamedTuple):
    """A function, or several that belong together."""

    text: str
    #: Names of other helpers that it calls.
    uses: tuple[str, ...] = ()
    #: Lines that import what it needs.
    imports: tuple[str, ...] = ()


#: What there is, in the order in which it is written.
HELPERS = {
    "Daemon": Helper(_DAEMON, imports=("from collections import OrderedDict",)),
    "event_log": Helper(_EVENT_LOG),
    "leftovers": Helper(_LEFTOVERS),
    "only": Helper(
        _SHOWN, imports=("from itertools import zip_longest", "from typing import Any, Dict")
    ),
    "sent": Helper(_SENT, uses=("only",)),
    "graph_log": Helper(_GRAPH_LOG, imports=("import re",)),
    "text_log": Helper(_TEXT_LOG, imports=("import re",)),
    "tool_log": Helper(_TOOL_LOG, uses=("text_log",), imports=("import shlex",)),
}
