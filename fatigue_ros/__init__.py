"""Driver fatigue monitoring for ROS 2.

The message and service classes (``fatigue_ros.msg``, ``fatigue_ros.srv``) are generated
at build time and exist only in the installed package. Extending the path lets a source
checkout that comes first on ``sys.path`` use them too.
"""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
__version__ = "0.2.0"
